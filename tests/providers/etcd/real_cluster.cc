// SPDX-License-Identifier: Apache-2.0
#include "tests/providers/etcd/real_cluster.h"

#include <filesystem>
#include <set>
#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace quorate::test {
namespace {

constexpr int most_nodes = 9;

// Of a test run's own, so that two runs on one machine do not meet.
std::string address_of(std::size_t number) { return "127.0." + std::to_string(20 + getpid() % 200) + "." + std::to_string(number); }

int free_port(const std::string& host) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  socklen_t size = sizeof address;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(socket);
  if (!bound) throw std::runtime_error("no free port at " + host);
  return ntohs(address.sin_port);
}

const CertificateAuthority& shared_authority() {
  static const CertificateAuthority made = make_authority("etcd-ca");
  return made;
}

// One for all nodes: they are told apart by their addresses.
const pki::Issued& server_identity() {
  static const pki::Issued made = [] {
    pki::Request request;
    request.common_name = "node";
    request.sans = {"DNS:localhost", "IP:127.0.0.1"};
    for (std::size_t number = 1; number <= most_nodes; ++number) request.sans.push_back("IP:" + address_of(number));
    return pki::issue(request, shared_authority().certificate, shared_authority().key, std::chrono::system_clock::now()).value();
  }();
  return made;
}

}  // namespace

etcd::Credentials client_credentials(const CertificateAuthority& authority, std::chrono::system_clock::time_point now) {
  pki::Request request;
  request.common_name = "kube-etcd-healthcheck-client";
  request.organizations = {"system:masters"};
  request.usage = pki::Usage::client;
  const pki::Issued issued = pki::issue(request, authority.certificate, authority.key, now).value();
  return {authority.certificate, issued.certificate, issued.key};
}

RealCluster::RealCluster(const std::vector<std::string>& names)
    : authority_(shared_authority()), credentials_(client_credentials(authority_, std::chrono::system_clock::now())) {
  write_file(directory_.path() / "ca.crt", authority_.certificate);
  write_file(directory_.path() / "node.crt", server_identity().certificate);
  write_file(directory_.path() / "node.key", std::string(server_identity().key.expose()));
  std::string initial_cluster;
  for (const std::string& name : names) {
    initial_cluster += (initial_cluster.empty() ? "" : ",") + name + "=" + peer_url(name);
  }
  for (const std::string& name : names) {
    node(name).initial_cluster = initial_cluster;
    node(name).initial_state = "new";
    launch(name);
  }
}

RealCluster::Node& RealCluster::node(const std::string& name) {
  const auto [found, fresh] = nodes_.try_emplace(name);
  Node& node = found->second;
  if (!fresh) return node;
  node.address = address_of(nodes_.size());
  std::set<int> ports;
  while (ports.size() < 3) ports.insert(free_port(node.address));
  auto port = ports.begin();
  node.client_port = *port++;
  node.peer_port = *port++;
  node.other_peer_port = *port;
  node.relay = std::make_unique<UnixRelay>(socket(name), node.address, node.client_port);
  return node;
}

std::string RealCluster::socket(const std::string& name) { return (directory_.path() / (name + ".socket")).string(); }

std::string RealCluster::peer_url(const std::string& name) {
  const Node& found = node(name);
  return "https://" + found.address + ":" + std::to_string(found.peer_port);
}

std::string RealCluster::other_peer_url(const std::string& name) {
  const Node& found = node(name);
  return "https://" + found.address + ":" + std::to_string(found.other_peer_port);
}

std::unique_ptr<etcd::Client> RealCluster::client(const std::string& name) {
  return client(name, node(name).address, credentials_);
}

std::unique_ptr<etcd::Client> RealCluster::client(const std::string& name, const std::string& server_name,
                                                  const etcd::Credentials& credentials) {
  node(name);
  return etcd::make_client(socket(name), server_name, credentials).value();
}

std::vector<std::string> RealCluster::command(const std::string& name) {
  const Node& launched = node(name);
  const auto file = [&](const std::string& file_name) { return (directory_.path() / file_name).string(); };
  const std::string client_url = "https://" + launched.address + ":" + std::to_string(launched.client_port);
  return {"etcd",
          "--name=" + name,
          "--data-dir=" + file(name),
          "--listen-client-urls=" + client_url,
          "--advertise-client-urls=" + client_url,
          "--listen-peer-urls=" + peer_url(name) + "," + other_peer_url(name),
          "--initial-advertise-peer-urls=" + peer_url(name),
          "--initial-cluster=" + launched.initial_cluster,
          "--initial-cluster-state=" + launched.initial_state,
          "--client-cert-auth=true",
          "--peer-client-cert-auth=true",
          "--trusted-ca-file=" + file("ca.crt"),
          "--peer-trusted-ca-file=" + file("ca.crt"),
          "--cert-file=" + file("node.crt"),
          "--key-file=" + file("node.key"),
          "--peer-cert-file=" + file("node.crt"),
          "--peer-key-file=" + file("node.key")};
}

void RealCluster::put(const std::string& name, const std::string& key) {
  const auto file = [&](const std::string& file_name) { return (directory_.path() / file_name).string(); };
  const Node& asked = node(name);
  run({"env", "ETCDCTL_API=3", "etcdctl", "--endpoints=https://" + asked.address + ":" + std::to_string(asked.client_port),
       "--cacert=" + file("ca.crt"), "--cert=" + file("node.crt"), "--key=" + file("node.key"), "put", key, "value"});
}

void RealCluster::launch(const std::string& name) {
  node(name).process = std::make_unique<Process>(command(name), directory_.path() / (name + ".log"));
}

void RealCluster::start(const std::string& name, const MemberList& list) {
  Node& joining = node(name);
  // A start that failed has left none, and those that are listed are others by now.
  if (!std::filesystem::exists(directory_.path() / name / "member" / "wal")) wipe(name);
  if (joining.initial_cluster.empty()) {
    for (const Member& member : list.members()) {
      const bool own = member.peer_urls(0) == peer_url(name);
      const std::string member_name = own ? name : member.name().empty() ? member.id() : member.name();
      joining.initial_cluster += (joining.initial_cluster.empty() ? "" : ",") + member_name + "=" + member.peer_urls(0);
    }
    joining.initial_state = "existing";
  }
  launch(name);
}

void RealCluster::stop(const std::string& name) { node(name).process.reset(); }

void RealCluster::wipe(const std::string& name) {
  stop(name);
  node(name).initial_cluster.clear();
  std::filesystem::remove_all(directory_.path() / name);
}

std::string RealCluster::log(const std::string& name) { return read_file(directory_.path() / (name + ".log")); }

}  // namespace quorate::test
