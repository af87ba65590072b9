// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "plans/finding.h"
#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// What the procedures decide, before the steps are written out: actions in order, each with its reason, and what they refuse.
struct Draft {
  const Situation& situation;
  const RunRecord* unfinished = nullptr;     ///< the run that this goes on with, if any
  const Intent::Restore* restore = nullptr;  ///< pinned; null: none is asked for
  bool snapshot_here = false;                ///< the restore's snapshot is on this workstation
  std::vector<Step> steps = {};              ///< `action` and `why` alone
  std::vector<Finding> refusals = {};
  std::vector<Finding> ending = {};   ///< why the unfinished run ends as it stands
  std::vector<Finding> waiting = {};  ///< differs from the spec, and waits until nothing is broken

  /// `set` fills the action of the new step.
  template <typename Set>
  void add(const std::string& why, Set&& set) {
    Step step;
    step.set_why(why);
    std::forward<Set>(set)(step);
    steps.push_back(std::move(step));
  }

  /// Whether a step so far takes that member out, or makes that node's learner a voter.
  [[nodiscard]] bool removes(const MemberSituation& member) const {
    return any_step([&](const Step& step) { return step.remove_member().member_id() == member.id; });
  }
  [[nodiscard]] bool promotes(const NodeSituation& node) const {
    return any_step([&](const Step& step) { return step.promote_learner().node() == node.name; });
  }
  template <typename Predicate>
  [[nodiscard]] bool any_step(Predicate&& predicate) const {
    return std::any_of(steps.begin(), steps.end(), std::forward<Predicate>(predicate));
  }

  /// Once, where more than one procedure meets the same obstacle.
  void refuse(const std::string& subject, const std::string& summary, const std::string& remedy) {
    const auto is_said = [&](const Finding& said) { return said.subject() == subject && said.summary() == summary; };
    if (std::any_of(refusals.begin(), refusals.end(), is_said)) return;
    refusals.push_back(make_finding(FindingKind::step_impossible, {.subject = subject, .summary = summary, .remedy = remedy}));
  }
};

}  // namespace quorate
