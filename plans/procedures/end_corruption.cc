// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include "plans/alarms.h"
#include "plans/procedures/procedures.h"

namespace quorate {
bool in_doubt_without(const Draft& draft, const std::function<bool(const NodeSituation&)>& gone) {
  std::set<std::string> stores;
  bool unseen = false;
  std::size_t count = 0;
  for (const MemberSituation& member : draft.situation.members) {
    const bool goes = member.node && gone(draft.situation.nodes[*member.node]);
    if (member.learner || member.asserted_lost || goes || draft.removes(member)) continue;
    ++count;
    unseen = unseen || member.store_unseen;
    if (!member.store.empty()) stores.insert(member.store);
  }
  return stores.size() > 1 || (draft.situation.stores_undecided && unseen && count > 1);
}

bool in_doubt(const Draft& draft) {
  return in_doubt_without(draft, [](const NodeSituation& /*node*/) { return false; });
}

void end_corruption(Draft& draft) {
  const Situation& situation = draft.situation;
  if (!situation.corrupt || !draft.refusals.empty()) return;
  // Where nobody can tell which is right, a person has said which members are made anew, or nothing is done.
  if (in_doubt_without(draft, [&](const NodeSituation& node) { return draft.promotes(node); })) return;
  // It may be the one that differs.
  const auto stays_unseen = [&](const MemberSituation& member) { return member.store_unseen && !draft.removes(member); };
  if (std::any_of(situation.members.begin(), situation.members.end(), stays_unseen)) return;
  draft.add("Nothing is served until the alarm is taken off.",
            [](Step& step) { step.mutable_disarm_alarm()->set_alarm(corrupt_alarm); });
}

}  // namespace quorate
