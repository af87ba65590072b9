// SPDX-License-Identifier: Apache-2.0
#include "plans/proof/prove.h"

#include "plans/proof/replay.h"
#include "plans/quorum.h"

namespace quorate {
namespace {

std::optional<Breach> replay_undo(Replay state, const Step& step) {
  for (const Operation& operation : step.undo()) {
    const std::string before = state.text();
    if (const auto broken = state.apply(operation)) return Breach{"undo of " + step.id(), *broken, before};
  }
  return std::nullopt;
}

std::string count_text(std::size_t voters, std::size_t tolerates) {
  return std::to_string(voters) + " voters that tolerate the loss of " + std::to_string(tolerates);
}

// It may say less: what a step has only waited for it may not count on. Without a quorum nobody counts on what is said.
std::optional<Breach> compare(const Replay& state, const Step& step) {
  if (!state.quorum()) return std::nullopt;
  const std::size_t tolerates = tolerated_losses(state.voters(), state.live_voters());
  const Effect& said = step.effect();
  if (said.voters_after() == state.voters() && said.tolerates_after() <= tolerates) return std::nullopt;
  return Breach{step.id(),
                "what a step says of the cluster is so: it says " + count_text(said.voters_after(), said.tolerates_after()) +
                    ", and leaves " + count_text(state.voters(), tolerates),
                state.text()};
}

}  // namespace

std::optional<Breach> prove(const Observation& observation, const Plan& plan) {
  if (!plan.restored_cluster_id().empty()) return std::nullopt;
  Replay state(observation, plan.cluster_id());
  for (const Step& step : plan.steps()) {
    for (const Operation& operation : step.operations()) {
      if (auto breach = replay_undo(state, step)) return breach;
      const std::string before = state.text();
      if (const auto broken = state.apply(operation)) return Breach{step.id(), *broken, before};
    }
    for (const Fact& check : step.checks()) state.take(check);
    if (auto breach = compare(state, step)) return breach;
  }
  return std::nullopt;
}

}  // namespace quorate
