// SPDX-License-Identifier: Apache-2.0
#include "engine/endpoint.h"

#include <cstdlib>
#include <future>
#include <optional>

#include "plans/lookup.h"
#include "providers/pki/certificates.h"

namespace quorate {
namespace {

std::optional<std::string> listen_argument(const NodeFacts& facts) {
  for (const EtcdProcess& process : facts.processes()) {
    for (const std::string& argument : process.arguments()) {
      if (argument.rfind("--listen-client-urls=", 0) == 0) return argument.substr(21);
    }
  }
  const std::optional<StaticPod> pod = current_pod(facts);
  return pod ? pod->argument("listen-client-urls") : std::nullopt;
}

bool is_loopback(const std::string& host) { return host.rfind("127.", 0) == 0 || host == "localhost" || host == "::1"; }

// Where it listens everywhere, it is asked at loopback: no certificate is for 0.0.0.0.
ListenAddress reachable(ListenAddress address) {
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  return address;
}

}  // namespace

ListenAddress address_of_url(const std::string& url) {
  ListenAddress address{host_of_url(url), 0};
  const std::size_t colon = url.rfind(':');
  if (colon != std::string::npos) address.port = static_cast<std::uint16_t>(std::strtoul(url.c_str() + colon + 1, nullptr, 10));
  return address;
}

ListenAddress client_address(const NodeFacts& facts) {
  const std::optional<std::string> urls = listen_argument(facts);
  if (!urls) return {};
  std::optional<ListenAddress> first;
  for (const std::string& url : split(*urls, ',')) {
    const ListenAddress address = reachable(address_of_url(url));
    if (is_loopback(address.host)) return address;
    if (!first) first = address;
  }
  return first.value_or(ListenAddress{});
}

void ask_endpoint(etcd::Client& client, const std::string& socket_path, const etcd::Credentials& credentials,
                  std::chrono::steady_clock::time_point deadline, EtcdEndpoint& endpoint) {
  auto handshake = std::async(std::launch::async,
                              [&] { return pki::observe_server(socket_path, credentials.certificate, credentials.key, deadline); });
  auto list = std::async(std::launch::async, [&] { return client.member_list(etcd::Consistency::serializable, deadline); });
  const absl::StatusOr<EndpointStatus> status = client.status(deadline);
  endpoint.set_answers(status.ok());
  if (status.ok()) {
    *endpoint.mutable_status() = *status;
  } else {
    endpoint.set_problem(message_of(status.status()));
  }
  const absl::StatusOr<MemberList> members = list.get();
  if (members.ok()) *endpoint.mutable_member_list() = *members;
  const absl::StatusOr<pki::Served> served = handshake.get();
  if (served.ok()) {
    *endpoint.mutable_served_certificate() = served->certificate;
    endpoint.mutable_accepted_authorities()->Assign(served->accepted_authorities.begin(), served->accepted_authorities.end());
  }
  endpoint.set_port_open(status.ok() || served.ok());
}

}  // namespace quorate
