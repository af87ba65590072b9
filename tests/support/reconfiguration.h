// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace quorate::test {

/// The voters, as etcd's guards of a reconfiguration count them.
struct CountedVoters {
  std::size_t listed = 0;
  std::size_t started = 0;    ///< once, under their name
  std::size_t connected = 0;  ///< with the member that is asked, itself too, for its HealthInterval of 5 s
};

/// Whose removal is asked for.
struct Leaving {
  bool listed = false;
  bool learner = false;    ///< it may always go
  bool started = false;    ///< once
  bool connected = false;  ///< or the member that is asked
};

/// etcd's guards, by strict-reconfig-check, which is on by default (3.4 and 3.5: etcdserver/server.go, api/membership/cluster.go):
/// what it answers; none: it may be. Every fake of etcd and the model of the graph are built on them, and tests/providers/etcd
/// holds them to a real cluster.
std::optional<std::string> refusal_to_add(const CountedVoters& voters);
std::optional<std::string> refusal_of_another_learner(std::size_t learners);
std::optional<std::string> refusal_to_remove(const CountedVoters& voters, const Leaving& leaving);
std::optional<std::string> refusal_to_promote(const CountedVoters& voters, bool learner_started);

}  // namespace quorate::test
