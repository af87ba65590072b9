// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schemas/outcome.h"

namespace quorate::test {

/// A member, as etcd's rules see it.
struct RuledMember {
  std::string id;
  std::vector<std::string> peer_urls;
  bool learner = false;
  bool started = false;    ///< once, under its name
  bool live = false;       ///< it takes part now
  bool connected = false;  ///< with the member that is asked, itself too, for its HealthInterval of 5 s
  bool in_sync = false;    ///< with the leader
};

/// etcd's rules of its membership, by strict-reconfig-check, which is on by default (3.4 and 3.5: etcdserver/server.go,
/// api/membership/cluster.go). The fake of etcd and the model of the graph are built on them, and tests/providers/etcd holds both
/// to a real cluster. Each `answer_to_...` is what etcd answers without a change, be it that all is so already; none: the change is
/// made.
class Membership {
 public:
  explicit Membership(std::vector<RuledMember> members) : members_(std::move(members)) {}

  [[nodiscard]] bool has_quorum() const;
  /// All of them are connected.
  [[nodiscard]] bool has_all_voters() const;
  /// From 3.5.30 and 3.6.11 on etcd counts to a quorum of one voter more; here, as before, to all that there are.
  [[nodiscard]] bool depends_on_version_to_add() const;

  [[nodiscard]] std::optional<Outcome> answer_to_add_learner(const std::string& peer_url) const;
  [[nodiscard]] std::optional<Outcome> answer_to_remove(const std::string& id) const;
  [[nodiscard]] std::optional<Outcome> answer_to_promote(const std::string& id) const;
  [[nodiscard]] std::optional<Outcome> answer_to_update(const std::string& id, const std::string& peer_url) const;
  /// Of the leader.
  [[nodiscard]] std::optional<Outcome> answer_to_move_leader(const std::string& id) const;

 private:
  [[nodiscard]] const RuledMember* by_id(const std::string& id) const;
  [[nodiscard]] const RuledMember* by_url(const std::string& peer_url) const;
  [[nodiscard]] std::size_t voters(const std::function<bool(const RuledMember&)>& are) const;
  [[nodiscard]] std::optional<Outcome> refusal_to_remove_voter(const RuledMember* leaving) const;

  std::vector<RuledMember> members_;
};

}  // namespace quorate::test
