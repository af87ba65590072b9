// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "providers/etcd/client.h"

namespace quorate::test {

/// A whole etcd cluster in memory, by etcd's own rules of 3.4 and 3.5; tests/providers/etcd holds it to the real one.
/// Time stands still until `advance`; a deadline is over when nothing else can happen. May be used from several
/// threads.
class FakeCluster {
 public:
  /// Bootstrapped with these voters, connected for long, the first of them the leader.
  explicit FakeCluster(const std::vector<std::string>& names);
  FakeCluster(const FakeCluster&) = delete;
  FakeCluster& operator=(const FakeCluster&) = delete;
  ~FakeCluster();

  /// `https://NAME:2380`
  static std::string peer_url(const std::string& name);
  /// A client of the process on that node, whether it runs or not. Must not outlive the cluster.
  std::unique_ptr<etcd::Client> client(const std::string& name);

  /// Starts the node's etcd. True: it stays up. False: its peer URL is no member's, so that it exits as removed.
  bool start(const std::string& name);
  void stop(const std::string& name);
  /// Empties the node's data: its next start must be as a member that never started.
  void wipe(const std::string& name);
  void advance(std::chrono::milliseconds time);

  /// The node stays out of sync with the leader until `catch_up`.
  void fall_behind(const std::string& name);
  void catch_up(const std::string& name);
  /// The next change is carried out, but its answer is lost.
  void lose_next_answer();

  Outcome put(const std::string& key, const std::string& value);
  /// The value as a quorum has it.
  absl::StatusOr<std::string> get(const std::string& key);
  [[nodiscard]] bool has_quorum() const;
  /// Empty: none.
  [[nodiscard]] std::string leader_name() const;
  /// Empty: no member has that node's peer URL.
  [[nodiscard]] std::string member_id(const std::string& name) const;
  [[nodiscard]] std::chrono::milliseconds now() const;

 private:
  class State;
  friend class FakeClient;

  std::unique_ptr<State> state_;
};

}  // namespace quorate::test
