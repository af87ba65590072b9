// SPDX-License-Identifier: Apache-2.0
#include "engine/node_link.h"

#include <algorithm>
#include <future>

#include "engine/endpoint.h"
#include "providers/node/ssh_node.h"
#include "providers/pki/certificates.h"
#include "schemas/digest.h"
#include "schemas/status.h"

namespace quorate {
namespace {

using std::chrono::steady_clock;

// A dead node costs the connect's deadline once, not at every look while a step is waited for.
constexpr std::chrono::seconds retry_after(15);
constexpr std::chrono::milliseconds connect_limit(4000);
// Of the whole observation; etcd's own answers take milliseconds.
constexpr std::chrono::milliseconds ask_limit(2500);

bool listens(const NodeFacts& facts, std::uint16_t port) {
  return std::any_of(facts.listeners().begin(), facts.listeners().end(),
                     [&](const Listener& listener) { return listener.port() == port; });
}

// A connection of an earlier look may have died since, unnoticed. One that was made just now shows a node that answers, and no SSH
// is not what it can be taken for: `--lost` is for nodes that are gone.
SshState::State state_after_failed_probe(const absl::Status& problem, bool still_there) {
  if (absl::IsPermissionDenied(problem)) return SshState::SUDO_REFUSED;
  const bool gone = absl::IsUnavailable(problem) || absl::IsDeadlineExceeded(problem);
  return gone && !still_there ? SshState::UNREACHABLE : SshState::PROBE_FAILED;
}

}  // namespace

NodeLink::NodeLink(const ClusterSpec& cluster, const MemberSpec& member)
    : member_(member), target_(ssh::target_of(cluster, member)), data_directory_(cluster.etcd().data_dir()) {}

void NodeLink::set_node(std::unique_ptr<node::Node> node) {
  std::shared_ptr<node::Node> kept;
  // Whoever still holds the node holds its session too, which must outlive it.
  if (node) {
    node::Node* raw = node.release();
    kept = std::shared_ptr<node::Node>(raw, [session = session_](node::Node* ended) {
      const std::unique_ptr<node::Node> owned(ended);
      static_cast<void>(session);
    });
  }
  const std::lock_guard lock(mutex_);
  node_.swap(kept);
}

void NodeLink::disconnect() {
  client_.reset();
  client_key_.clear();
  forward_.reset();
  set_node(nullptr);
  session_.reset();
}

bool NodeLink::connect(Deadline deadline) {
  connected_just_now_ = false;
  if (session_ && session_->alive()) return true;
  disconnect();
  if (failed_at_ && steady_clock::now() - *failed_at_ < retry_after) return false;
  ssh::ConnectResult result = ssh::connect(target_, std::min(deadline, steady_clock::now() + connect_limit));
  state_ = result.state;
  session_ = std::move(result.session);
  if (!session_) {
    failed_at_ = steady_clock::now();
    return false;
  }
  failed_at_.reset();
  connected_just_now_ = true;
  set_node(node::make_ssh_node(member_.name(), *session_, data_directory_));
  return true;
}

bool NodeLink::probe(Deadline deadline) {
  absl::StatusOr<node::Probe> probed = node_->probe(deadline);
  if (probed.ok()) {
    probe_ = *std::move(probed);
    return true;
  }
  state_.set_state(state_after_failed_probe(probed.status(), connected_just_now_ && session_->alive()));
  state_.set_detail(message_of(probed.status()));
  disconnect();
  // One that was made before may only have broken: the next look makes it anew.
  if (connected_just_now_) failed_at_ = steady_clock::now();
  return false;
}

absl::Status NodeLink::open_client(const std::string& host, std::uint16_t port) {
  const std::string key = host + ":" + std::to_string(port) + " " + probe_->credentials.certificate + probe_->credentials.authority;
  if (client_ && key == client_key_) return absl::OkStatus();
  client_.reset();
  forward_.reset();
  absl::StatusOr<std::unique_ptr<ssh::Forward>> forward = session_->forward(host, port);
  if (!forward.ok()) return forward.status();
  forward_ = *std::move(forward);
  absl::StatusOr<std::unique_ptr<etcd::Client>> client = etcd::make_client(forward_->socket_path(), host, probe_->credentials);
  if (!client.ok()) return client.status();
  client_ = *std::move(client);
  client_key_ = key;
  return absl::OkStatus();
}

EtcdEndpoint NodeLink::ask_own_etcd(Deadline deadline) {
  EtcdEndpoint endpoint;
  const ListenAddress address = client_address(probe_->facts);
  endpoint.set_url("https://" + address.host + ":" + std::to_string(address.port));
  endpoint.set_via(member_.name());
  if (!listens(probe_->facts, address.port)) {
    endpoint.set_answers(false);
    endpoint.set_port_open(false);
    endpoint.set_problem("nothing listens on port " + std::to_string(address.port));
    return endpoint;
  }
  if (!has_credentials()) {
    endpoint.set_problem("the node has no client certificate with its key");
    return endpoint;
  }
  const absl::Status opened = open_client(address.host, address.port);
  if (!opened.ok()) {
    endpoint.set_problem(message_of(opened));
    return endpoint;
  }
  ask_endpoint(*client_, forward_->socket_path(), probe_->credentials, std::min(deadline, steady_clock::now() + ask_limit),
               endpoint);
  return endpoint;
}

NodeObservation NodeLink::observe(Deadline deadline) {
  NodeObservation seen;
  seen.set_name(member_.name());
  seen.set_host(member_.host());
  if (connect(deadline) && probe(deadline)) {
    *seen.mutable_endpoint() = ask_own_etcd(deadline);
    *seen.mutable_facts() = probe_->facts;
    if (forward_) seen.mutable_facts()->set_forwarding_allowed(!forward_->relayed());
  }
  *seen.mutable_ssh() = state_;
  return seen;
}

// The peer port answers where the client port serves nothing: after a restart without quorum (etcd-facts 1.2).
bool NodeLink::peer_port_answers(const std::string& url, Deadline deadline) const {
  const ListenAddress address = address_of_url(url);
  if (address.port == 0) return false;
  const absl::StatusOr<std::unique_ptr<ssh::Forward>> forward = session_->forward(address.host, address.port);
  return forward.ok() &&
         pki::observe_server((*forward)->socket_path(), probe_->credentials.certificate, probe_->credentials.key, deadline).ok();
}

// Both at once: a client port that swallows every packet must not use up the time in which the peer port shows that etcd is alive.
EtcdEndpoint NodeLink::ask_neighbour(const std::string& client_url, const std::string& peer_url, Deadline deadline) {
  EtcdEndpoint endpoint;
  endpoint.set_url(client_url.empty() ? peer_url : client_url);
  endpoint.set_via(member_.name());
  endpoint.set_answers(false);
  auto peer_port = std::async(std::launch::async, [&] { return peer_port_answers(peer_url, deadline); });
  const ListenAddress address = address_of_url(client_url);
  if (address.port != 0) {
    const absl::StatusOr<std::unique_ptr<ssh::Forward>> forward = session_->forward(address.host, address.port);
    if (forward.ok()) {
      const absl::StatusOr<std::unique_ptr<etcd::Client>> client =
          etcd::make_client((*forward)->socket_path(), address.host, probe_->credentials);
      if (client.ok()) ask_endpoint(**client, (*forward)->socket_path(), probe_->credentials, deadline, endpoint);
    }
  }
  const bool peer_answers = peer_port.get();
  endpoint.set_port_open(endpoint.port_open() || peer_answers);
  return endpoint;
}

}  // namespace quorate
