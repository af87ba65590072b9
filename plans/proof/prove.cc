// SPDX-License-Identifier: Apache-2.0
#include "plans/proof/prove.h"

#include <cstddef>
#include <cstdint>
#include <vector>

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

// How many more voters may fail. Without a quorum nobody counts on what is said.
std::optional<std::uint32_t> tolerance(const Replay& state) {
  if (!state.quorum() || !state.is_of_planned_members()) return std::nullopt;
  return static_cast<std::uint32_t>(tolerated_losses(state.voters(), state.live_voters()));
}

// The planner may count on less: on nothing that a step has only waited for.
std::optional<Breach> compare(const Replay& state, const Step& step) {
  const std::optional<std::uint32_t> tolerates = tolerance(state);
  const Effect& said = step.effect();
  if (!tolerates || (said.voters_after() == state.voters() && said.tolerates_after() <= *tolerates)) return std::nullopt;
  return Breach{step.id(),
                "what a step says of the cluster is so: it says " + count_text(said.voters_after(), said.tolerates_after()) +
                    ", and leaves " + count_text(state.voters(), *tolerates),
                state.text()};
}

struct Proof {
  std::optional<Breach> breach;
  std::vector<std::optional<std::uint32_t>> tolerates;  // before the first step, and after each
};

std::optional<Breach> compare_quorum(const Replay& state, const Step& step) {
  if (!state.lacks_quorum() || step.effect().without_quorum()) return std::nullopt;
  return Breach{step.id(), "what a step says of writes is so: it says nothing of a quorum that is missing", state.text()};
}

std::optional<Breach> compare_writes(const Replay& state, const Step& step) {
  const bool stop = state.writes_stopped() && step.effect().writes_stop_milliseconds() == 0;
  const bool wait = state.has_alarm() && !step.effect().alarm_stays();
  if (!stop && !wait) return std::nullopt;
  return Breach{step.id(), "what a step says of writes is so: it says that they continue", state.text()};
}

std::optional<Breach> replay_step(Replay& state, const Step& step) {
  if (auto breach = compare_quorum(state, step)) return breach;
  state.begin(step);
  if (auto breach = replay_undo(state, step)) return breach;
  for (const Operation& operation : step.operations()) {
    const std::string before = state.text();
    if (const auto broken = state.apply(operation)) return Breach{step.id(), *broken, before};
    if (auto breach = replay_undo(state, step)) return breach;
  }
  if (auto breach = compare_writes(state, step)) return breach;
  for (const Fact& check : step.checks()) state.take(check);
  return compare(state, step);
}

Proof replay(const Observation& observation, const Plan& plan) {
  Replay state(observation, plan);
  Proof proof{.breach = std::nullopt, .tolerates = {tolerance(state)}};
  for (const Step& step : plan.steps()) {
    proof.breach = replay_step(state, step);
    if (proof.breach) return proof;
    proof.tolerates.push_back(tolerance(state));
  }
  if (const auto broken = state.end(); broken && plan.steps_size() > 0)
    proof.breach = Breach{plan.steps().rbegin()->id(), *broken, state.text()};
  return proof;
}

void write_tolerances(const std::vector<std::optional<std::uint32_t>>& tolerates, Plan& plan) {
  for (int i = 0; i < plan.steps_size(); ++i) {
    const auto index = static_cast<std::size_t>(i);
    Effect& effect = *plan.mutable_steps(i)->mutable_effect();
    effect.set_tolerates_before(tolerates[index].value_or(effect.tolerates_before()));
    effect.set_tolerates_after(tolerates[index + 1].value_or(effect.tolerates_after()));
  }
}

}  // namespace

std::optional<Breach> prove(const Observation& observation, const Plan& plan) { return replay(observation, plan).breach; }

void keep_if_proven(const Observation& observation, Plan& plan) {
  const Proof proof = replay(observation, plan);
  const std::optional<Breach>& breach = proof.breach;
  if (!breach) return write_tolerances(proof.tolerates, plan);
  plan.clear_steps();
  *plan.add_refusals() =
      make_finding(FindingKind::plan_unproven,
                   {.subject = "",
                    .summary = "The plan that was made would break a rule of safety, so nothing of it is done.",
                    .evidence = {"step " + breach->step, "the rule: " + breach->rule, "the state: " + breach->state},
                    .remedy = "This is an error in quorate. Report it, with what quorate observe --out FILE writes."});
}

}  // namespace quorate
