// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reconfiguration.h"

namespace quorate::test {
namespace {

constexpr const char* unhealthy = "etcdserver: unhealthy cluster";
constexpr const char* not_enough_started = "etcdserver: re-configuration failed due to not enough started members";
constexpr std::size_t most_learners = 1;

constexpr std::size_t quorum_of(std::size_t voters) { return voters / 2 + 1; }

}  // namespace

std::optional<std::string> refusal_to_add(const CountedVoters& voters) {
  if (voters.connected < voters.listed) return unhealthy;
  return std::nullopt;
}

std::optional<std::string> refusal_of_another_learner(std::size_t learners) {
  if (learners >= most_learners) return "etcdserver: too many learner members in cluster";
  return std::nullopt;
}

std::optional<std::string> refusal_to_remove(const CountedVoters& voters, const Leaving& leaving) {
  if (leaving.learner) return std::nullopt;
  const std::size_t remaining = voters.listed - (leaving.listed ? 1 : 0);
  const std::size_t started = voters.started - (leaving.started ? 1 : 0);
  if (remaining == 0 || started < quorum_of(remaining)) return not_enough_started;
  // One that is down takes no part in the quorum: it may always go.
  if (!leaving.listed || !leaving.connected) return std::nullopt;
  if (voters.connected - 1 < quorum_of(remaining)) return unhealthy;
  return std::nullopt;
}

std::optional<std::string> refusal_to_promote(const CountedVoters& voters, bool learner_started) {
  if (voters.started + (learner_started ? 1 : 0) < quorum_of(voters.listed + 1)) return not_enough_started;
  return std::nullopt;
}

}  // namespace quorate::test
