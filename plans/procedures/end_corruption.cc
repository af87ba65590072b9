// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/alarms.h"
#include "plans/procedures/procedures.h"

namespace quorate {

void end_corruption(Draft& draft) {
  const Situation& situation = draft.situation;
  if (!situation.corrupt || !draft.refusals.empty()) return;
  const auto replaced = [&](const NodeSituation& node) { return draft.promotes(node); };
  const auto stays_corrupt = [&](const NodeSituation& node) { return node.data == DataState::corrupt && !replaced(node); };
  // Where nobody can tell, a person has said which members are made anew, or nothing is done.
  const bool said = std::any_of(situation.nodes.begin(), situation.nodes.end(), replaced);
  if ((situation.stores_undecided && !said) || std::any_of(situation.nodes.begin(), situation.nodes.end(), stays_corrupt)) return;
  // It may be the one that differs.
  const auto stays_unseen = [&](const MemberSituation& member) { return member.store_unseen && !draft.removes(member); };
  if (std::any_of(situation.members.begin(), situation.members.end(), stays_unseen)) return;
  draft.add("Nothing is served until the alarm is taken off.",
            [](Step& step) { step.mutable_disarm_alarm()->set_alarm(corrupt_alarm); });
}

}  // namespace quorate
