// SPDX-License-Identifier: Apache-2.0
#include "plans/proof/prove.h"

#include "plans/finding.h"
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
  if (!state.quorum() || !state.is_of_planned_members()) return std::nullopt;
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
  Replay state(observation, plan);
  for (const Step& step : plan.steps()) {
    if (auto breach = replay_undo(state, step)) return breach;
    for (const Operation& operation : step.operations()) {
      const std::string before = state.text();
      if (const auto broken = state.apply(operation)) return Breach{step.id(), *broken, before};
      if (auto breach = replay_undo(state, step)) return breach;
    }
    for (const Fact& check : step.checks()) state.take(check);
    if (auto breach = compare(state, step)) return breach;
  }
  return std::nullopt;
}

void refuse_unproven(const Observation& observation, Plan& plan) {
  const std::optional<Breach> breach = prove(observation, plan);
  if (!breach) return;
  plan.clear_steps();
  *plan.add_refusals() =
      make_finding(FindingKind::plan_unproven,
                   {.subject = "",
                    .summary = "The plan that was made would break a rule of safety, so nothing of it is done.",
                    .evidence = {"step " + breach->step, "the rule: " + breach->rule, "the state: " + breach->state},
                    .remedy = "This is an error in quorate. Report it, with what quorate observe --out FILE writes."});
}

}  // namespace quorate
