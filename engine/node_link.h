// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "providers/etcd/client.h"
#include "providers/node/node.h"
#include "providers/ssh/session.h"
#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// One node's connection, probe and tunnel, kept between observations. Used by one thread at a time.
class NodeLink {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  NodeLink(const ClusterSpec& cluster, const MemberSpec& member);

  /// Connects where there is no connection, probes, and asks the node's own etcd. A node that did not answer when it was
  /// connected to is not tried again for a while: the observation repeats what was seen. A connection that broke later is made anew
  /// by the next look.
  NodeObservation observe(Deadline deadline);

  /// What etcd answers at a URL, asked through this node's tunnel with this node's credentials.
  EtcdEndpoint ask_neighbour(const std::string& client_url, const std::string& peer_url, Deadline deadline);

  /// From any thread: the lease is renewed while another observes.
  [[nodiscard]] std::shared_ptr<node::Node> node() const {
    const std::lock_guard lock(mutex_);
    return node_;
  }
  [[nodiscard]] etcd::Client* client() const { return client_.get(); }
  [[nodiscard]] bool has_credentials() const { return probe_ && !probe_->credentials.key.empty(); }

 private:
  bool connect(Deadline deadline);
  void disconnect();
  void set_node(std::unique_ptr<node::Node> node);
  bool probe(Deadline deadline);
  EtcdEndpoint ask_own_etcd(Deadline deadline);
  bool peer_port_answers(const std::string& url, Deadline deadline) const;
  absl::Status open_client(const std::string& host, std::uint16_t port);

  MemberSpec member_;
  ssh::Target target_;
  std::string data_directory_;
  SshState state_;
  std::optional<std::chrono::steady_clock::time_point> failed_at_;
  std::shared_ptr<ssh::Session> session_;
  bool connected_just_now_ = false;   // in this look
  mutable std::mutex mutex_;          // of node_ alone
  std::shared_ptr<node::Node> node_;  // keeps its session
  std::optional<node::Probe> probe_;
  std::unique_ptr<ssh::Forward> forward_;
  std::string client_key_;  // what the client was made with: it is made anew when that changes
  std::unique_ptr<etcd::Client> client_;
};

}  // namespace quorate
