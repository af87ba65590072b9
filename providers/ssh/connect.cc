// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/connect.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "providers/ssh/authentication.h"
#include "providers/ssh/connected_session.h"
#include "providers/ssh/handshake.h"
#include "providers/ssh/host_key.h"
#include "providers/ssh/known_hosts.h"
#include "providers/ssh/settings.h"
#include "providers/ssh/socket.h"

namespace quorate::ssh {
namespace {

constexpr int hops_limit = 8;

struct Connection {
  std::unique_ptr<ConnectedSession> session;
  SshState state;
};

// The bytes under a session: a socket, or a stream through the session before it.
struct Stream {
  Descriptor descriptor;
  std::unique_ptr<ConnectedSession> jump;
  std::shared_ptr<TunnelGroup> group;
};

SshState state_of(SshState::State state, const std::string& detail) {
  SshState result;
  result.set_state(state);
  result.set_detail(detail);
  return result;
}

SshState state_of(const absl::Status& status) {
  const bool settings = absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status);
  return state_of(settings ? SshState::SETTINGS_REFUSED : SshState::UNREACHABLE, message_of(status));
}

// Both kinds of AES-GCM are about twice as fast here as libssh's first choice.
std::string prefer_gcm(const std::string& ciphers) {
  const std::string all = ciphers.empty() ? "aes256-gcm@openssh.com,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,"
                                            "aes256-ctr,aes192-ctr,aes128-ctr"
                                          : ciphers;
  std::string first;
  std::string rest;
  for (std::size_t start = 0; start <= all.size();) {
    const std::size_t end = std::min(all.find(',', start), all.size());
    const std::string cipher = all.substr(start, end - start);
    (cipher.find("-gcm@") == std::string::npos ? rest : first) += cipher + ",";
    start = end + 1;
  }
  std::string ordered = first + rest;
  ordered.pop_back();
  return ordered;
}

absl::Status set_algorithms(ssh_session session, ssh_options_e option, const char* keyword, const std::string& list) {
  if (list.empty() || ssh_options_set(session, option, list.c_str()) == SSH_OK) return absl::OkStatus();
  return precondition(std::string("quorate has none of the algorithms of the ssh setting `") + keyword + "`: " + list);
}

absl::Status prepare(ssh_session session, const Settings& settings, const std::vector<KnownHost>& known) {
  const bool process_configuration = false;
  ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &process_configuration);
  if (ssh_options_set(session, SSH_OPTIONS_HOST, settings.host.c_str()) != SSH_OK ||
      ssh_options_set(session, SSH_OPTIONS_USER, settings.user.c_str()) != SSH_OK) {
    return invalid("libssh refuses the host or the user: " + error_of(session));
  }
  // It reads one file of each kind and no aliases, so the keys are compared by ourselves.
  ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
  ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
  const std::string ciphers = prefer_gcm(settings.ciphers);
  const std::string host_keys = order_host_key_algorithms(known, settings.host_key_algorithms);
  const struct {
    ssh_options_e option;
    const char* keyword;
    const std::string& list;
  } lists[] = {
      {SSH_OPTIONS_KEY_EXCHANGE, "kexalgorithms", settings.key_exchanges},
      {SSH_OPTIONS_CIPHERS_C_S, "ciphers", ciphers},
      {SSH_OPTIONS_CIPHERS_S_C, "ciphers", ciphers},
      {SSH_OPTIONS_HMAC_C_S, "macs", settings.macs},
      {SSH_OPTIONS_HMAC_S_C, "macs", settings.macs},
      {SSH_OPTIONS_HOSTKEYS, "hostkeyalgorithms", host_keys},
  };
  for (const auto& each : lists) {
    const absl::Status set = set_algorithms(session, each.option, each.keyword, each.list);
    if (!set.ok()) return set;
  }
  ssh_set_blocking(session, 0);
  return absl::OkStatus();
}

absl::Status exchange_keys(ssh_session session, Descriptor stream, Deadline deadline) {
  // libssh closes it from here on.
  const socket_t socket = stream.release();
  ssh_options_set(session, SSH_OPTIONS_FD, &socket);
  int result = ssh_connect(session);
  while (result == SSH_AGAIN) {
    if (!await_progress(session, deadline)) return timed_out("it accepts connections, but sshd does not answer in time");
    result = ssh_connect(session);
  }
  if (result != SSH_OK) return unavailable("sshd does not talk to us: " + error_of(session));
  set_nonblocking(ssh_get_fd(session));
  return absl::OkStatus();
}

Connection connect_hop(const Target& target, Deadline deadline, const Surroundings& surroundings, int depth);

std::string join(const std::vector<std::string>& parts, std::size_t count) {
  std::string text;
  for (std::size_t index = 0; index < count; ++index) text += (index == 0 ? "" : ",") + parts[index];
  return text;
}

// `Host *` with a ProxyJump matches the jump host too.
bool jumps_to_itself(const Settings& settings) {
  if (settings.jumps.size() != 1) return false;
  const auto hop = parse_hop(settings.jumps[0]);
  return hop.ok() && (hop->host == settings.name || hop->host == settings.host) && (hop->port == 0 || hop->port == settings.port);
}

// The last hop leads to the host, and those before it to that hop.
absl::StatusOr<Target> last_hop(const Target& target, const Settings& settings) {
  auto hop = parse_hop(settings.jumps.back());
  if (!hop.ok()) return hop;
  hop->name = target.name;
  hop->identity_files = target.identity_files;
  hop->known_hosts_file = target.known_hosts_file;
  hop->proxy_jump = join(settings.jumps, settings.jumps.size() - 1);
  return hop;
}

// Null descriptor: `state` says why.
Stream open_stream(const Target& target, const Settings& settings, Deadline deadline, const Surroundings& surroundings, int depth,
                   SshState& state) {
  Stream stream;
  if (settings.jumps.empty() || jumps_to_itself(settings)) {
    auto socket = connect_tcp(settings.host, settings.port, settings.family, deadline);
    if (socket.ok()) {
      stream.descriptor = std::move(*socket);
    } else {
      state = state_of(socket.status());
    }
    return stream;
  }
  const auto hop = last_hop(target, settings);
  if (!hop.ok()) {
    state = state_of(hop.status());
    return stream;
  }
  Connection jump = connect_hop(*hop, deadline, surroundings, depth + 1);
  if (!jump.session) {
    state = std::move(jump.state);
    state.set_detail("the jump host " + settings.jumps.back() + ": " + state.detail());
    return stream;
  }
  stream.group = std::make_shared<TunnelGroup>();
  auto end = jump.session->open_stream({settings.host, settings.port}, stream.group);
  if (end.ok()) {
    stream.descriptor = std::move(*end);
    stream.jump = std::move(jump.session);
  } else {
    state = state_of(end.status());
  }
  return stream;
}

SshState explain(const absl::Status& failure, const Settings& settings, const Stream& stream) {
  SshState state = state_of(failure);
  const std::string refusal = stream.group ? stream.group->refusal() : "";
  if (!refusal.empty()) {
    state.set_detail("the jump host " + settings.jumps.back() + " does not reach " + settings.host + " port " +
                     std::to_string(settings.port) + ": " + refusal);
  }
  return state;
}

Connection log_in(const Target& target, const Settings& settings, Stream stream, Deadline deadline) {
  const auto known =
      find_known_hosts(settings.known_hosts_files, known_hosts_name(settings.host, settings.port, settings.host_key_alias));
  SessionHandle session(ssh_new());
  if (!session) return {nullptr, state_of(SshState::UNREACHABLE, "libssh makes no session")};
  const absl::Status prepared = prepare(session.get(), settings, known);
  if (!prepared.ok()) return {nullptr, state_of(prepared)};
  const absl::Status exchanged = exchange_keys(session.get(), std::move(stream.descriptor), deadline);
  if (!exchanged.ok()) return {nullptr, explain(exchanged, settings, stream)};
  SshState host_key = check_host_key(session.get(), settings, known);
  if (host_key.state() != SshState::REACHABLE) return {nullptr, std::move(host_key)};
  SshState state = authenticate(session.get(), settings, deadline);
  state.set_fingerprint(host_key.fingerprint());
  if (state.state() != SshState::REACHABLE) return {nullptr, std::move(state)};
  return {std::make_unique<ConnectedSession>(std::move(session), target.sudo, std::move(stream.jump)), std::move(state)};
}

Connection connect_hop(const Target& target, Deadline deadline, const Surroundings& surroundings, int depth) {
  if (depth > hops_limit) return {nullptr, state_of(SshState::SETTINGS_REFUSED, "ProxyJump goes round in a circle")};
  const auto settings = settings_of(target, surroundings.ssh_program, deadline);
  if (!settings.ok()) return {nullptr, state_of(settings.status())};
  if (settings->connect_timeout) deadline = std::min(deadline, Clock::now() + *settings->connect_timeout);
  SshState state;
  Stream stream = open_stream(target, *settings, deadline, surroundings, depth, state);
  if (!stream.descriptor.valid()) return {nullptr, std::move(state)};
  return log_in(target, *settings, std::move(stream), deadline);
}

}  // namespace

ConnectResult connect(const Target& target, Deadline deadline, const Surroundings& surroundings) {
  Connection connection = connect_hop(target, deadline, surroundings, 0);
  return {std::move(connection.session), std::move(connection.state)};
}

ConnectResult connect(const Target& target, Deadline deadline) { return connect(target, deadline, {}); }

}  // namespace quorate::ssh
