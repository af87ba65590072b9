// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "providers/etcd/client.h"
#include "providers/pki/certificates.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/program.h"
#include "tests/support/unix_relay.h"

namespace quorate::test {

/// Processes of the machine's etcd on loopback addresses of their own, with mutual TLS; each behind a unix socket.
class RealCluster {
 public:
  /// Bootstraps these voters; returns before they elected a leader.
  explicit RealCluster(const std::vector<std::string>& names);

  std::string peer_url(const std::string& name);
  /// At which it listens as well, from its start on: its member's may be changed to it.
  std::string other_peer_url(const std::string& name);
  /// A new client of the node's etcd, with a good client certificate.
  std::unique_ptr<etcd::Client> client(const std::string& name);
  std::unique_ptr<etcd::Client> client(const std::string& name, const std::string& server_name,
                                       const etcd::Credentials& credentials);
  [[nodiscard]] const etcd::Credentials& credentials() const { return credentials_; }
  [[nodiscard]] const CertificateAuthority& authority() const { return authority_; }
  std::string socket(const std::string& name);

  /// Starts the node's etcd; a node that never ran joins those that `list` holds.
  void start(const std::string& name, const MemberList& list);
  void stop(const std::string& name);
  /// Its data is gone: when it is started again it joins those that are listed then.
  void wipe(const std::string& name);
  /// By etcdctl.
  void put(const std::string& name, const std::string& key);
  /// The node's log, for a test that fails.
  std::string log(const std::string& name);

 private:
  struct Node {
    std::string address;
    int client_port = 0;
    int peer_port = 0;
    int other_peer_port = 0;
    std::string initial_cluster;
    std::string initial_state;
    std::unique_ptr<UnixRelay> relay;
    std::unique_ptr<Process> process;
  };

  Node& node(const std::string& name);
  void launch(const std::string& name);
  [[nodiscard]] std::vector<std::string> command(const std::string& name);

  TemporaryDirectory directory_;
  CertificateAuthority authority_;
  etcd::Credentials credentials_;
  std::map<std::string, Node> nodes_;
};

/// A certificate for a client, valid from `now`.
etcd::Credentials client_credentials(const CertificateAuthority& authority, std::chrono::system_clock::time_point now);

}  // namespace quorate::test
