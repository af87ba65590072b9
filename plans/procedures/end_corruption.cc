// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>

#include "plans/alarms.h"
#include "plans/procedures/procedures.h"

namespace quorate {
bool stores_differ_that_stay(const Draft& draft) {
  std::set<std::string> stores;
  for (const MemberSituation& member : draft.situation.members) {
    const NodeSituation* node = member.node ? &draft.situation.nodes[*member.node] : nullptr;
    const bool made_anew = node != nullptr && (node->asserted_replace || draft.promotes(*node));
    const bool stays = !member.asserted_lost && !made_anew && !draft.removes(member);
    if (stays && !member.store.empty()) stores.insert(member.store);
  }
  return stores.size() > 1;
}

bool no_store_to_copy(const Draft& draft) { return draft.situation.stores_undecided && stores_differ_that_stay(draft); }

void end_corruption(Draft& draft) {
  const Situation& situation = draft.situation;
  if (!situation.corrupt || !draft.refusals.empty()) return;
  // Where nobody can tell which is right, a person has said which members are made anew, or nothing is done.
  if (stores_differ_that_stay(draft)) return;
  // It may be the one that differs.
  const auto stays_unseen = [&](const MemberSituation& member) { return member.store_unseen && !draft.removes(member); };
  if (std::any_of(situation.members.begin(), situation.members.end(), stays_unseen)) return;
  draft.add("Nothing is served until the alarm is taken off.",
            [](Step& step) { step.mutable_disarm_alarm()->set_alarm(corrupt_alarm); });
}

}  // namespace quorate
