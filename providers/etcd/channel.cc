// SPDX-License-Identifier: Apache-2.0
#include "providers/etcd/channel.h"

#include <string_view>
#include <utility>

#include <sys/un.h>

#include "absl/strings/escaping.h"
#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace quorate::etcd {
namespace {

void silence_log() {
  static std::once_flag once;
  std::call_once(once, [] { gpr_set_log_function([](gpr_log_func_args*) {}); });
}

bool is_sequence(std::string_view base64) {
  std::string decoded;
  if (!absl::Base64Unescape(absl::string_view(base64.data(), base64.size()), &decoded)) return false;
  const bool sequence = decoded.size() > 2 && decoded[0] == 0x30;
  volatile char* bytes = decoded.data();
  for (std::size_t i = 0; i < decoded.size(); ++i) bytes[i] = 0;
  return sequence;
}

// gRPC takes anything, and fails later with a text that names nothing. Other blocks may stand before the one that is meant: openssl
// writes an EC key's parameters first.
bool is_pem(std::string_view text, std::string_view label_end) {
  constexpr std::string_view dashes = "-----";
  constexpr std::string_view begin_mark = "-----BEGIN ";
  for (std::size_t begin = text.find(begin_mark); begin != std::string_view::npos; begin = text.find(begin_mark, begin + 1)) {
    const std::size_t label = begin + begin_mark.size();
    const std::size_t body = text.find(dashes, label);
    const std::size_t end = body == std::string_view::npos ? body : text.find("-----END ", body);
    if (end == std::string_view::npos) return false;
    if (!text.substr(label, body - label).ends_with(label_end)) continue;
    return is_sequence(text.substr(body + dashes.size(), end - body - dashes.size()));
  }
  return false;
}

absl::Status check_path(const std::string& socket_path) {
  if (!socket_path.empty() && socket_path.size() < sizeof(sockaddr_un::sun_path)) return absl::OkStatus();
  return invalid("not a path for a socket: `" + socket_path + "`");
}

absl::Status check(const std::string& socket_path, const std::string& server_name, const Credentials& credentials) {
  if (absl::Status path = check_path(socket_path); !path.ok()) return path;
  if (server_name.empty()) return invalid("no name to check the server's certificate for");
  if (!is_pem(credentials.authority, "CERTIFICATE")) return invalid("the authority is not a PEM certificate");
  if (!is_pem(credentials.certificate, "CERTIFICATE")) return invalid("the client certificate is not PEM");
  if (!is_pem(credentials.key.expose(), "PRIVATE KEY")) return invalid("the client certificate's key is not PEM");
  return absl::OkStatus();
}

grpc::ChannelArguments arguments(const std::string& server_name) {
  grpc::ChannelArguments arguments;
  if (!server_name.empty()) arguments.SetSslTargetNameOverride(server_name);
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Transparent ones too: otherwise "never sent" would not be certain.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

}  // namespace

Connection::Connection(const std::string& socket_path, std::string server_name,
                       std::shared_ptr<grpc::ChannelCredentials> credentials)
    : target_("unix:" + socket_path), server_name_(std::move(server_name)), credentials_(std::move(credentials)) {}

// A channel that failed to connect tries again only while somebody polls, and its calls fail at once without polling:
// gRPC's own back-off would take half a minute and answer with the old error until then. The caller's pace is enough.
std::shared_ptr<grpc::Channel> Connection::channel() {
  const std::scoped_lock lock(mutex_);
  const bool usable = channel_ != nullptr && channel_->GetState(false) != GRPC_CHANNEL_TRANSIENT_FAILURE;
  if (!usable) channel_ = grpc::CreateCustomChannel(target_, credentials_, arguments(server_name_));
  return channel_;
}

absl::StatusOr<std::unique_ptr<Connection>> make_connection(const std::string& socket_path, const std::string& server_name,
                                                            const Credentials& credentials) {
  const absl::Status checked = check(socket_path, server_name, credentials);
  if (!checked.ok()) return checked;
  silence_log();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = credentials.authority;
  options.pem_cert_chain = credentials.certificate;
  options.pem_private_key = credentials.key.expose();
  return std::make_unique<Connection>(socket_path, server_name, grpc::SslCredentials(options));
}

absl::StatusOr<std::unique_ptr<Connection>> make_plain_connection(const std::string& socket_path) {
  const absl::Status checked = check_path(socket_path);
  if (!checked.ok()) return checked;
  silence_log();
  return std::make_unique<Connection>(socket_path, "", grpc::InsecureChannelCredentials());
}

}  // namespace quorate::etcd
