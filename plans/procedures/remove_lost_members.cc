// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

constexpr const char* gone = "A person asserted that it is gone for good.";

bool is_promoted(const Draft& draft, const MemberSituation& learner) {
  return learner.node && draft.promotes(draft.situation.nodes[*learner.node]);
}

// While there is a learner no voter is removed. One that is to get fresh data leaves here already, and joins after the removal.
bool learners_are_out_of_the_way(Draft& draft, const MemberSituation& lost) {
  for (const MemberSituation& member : draft.situation.members) {
    if (!member.learner || draft.removes(member) || is_promoted(draft, member)) continue;
    if (!leaves(draft.situation, member)) {
      const std::string& name = member.name.empty() ? member.id : member.name;
      draft.refuse(lost.name.empty() ? lost.id : lost.name,
                   "While there is a learner nothing else changes the membership, and " + name + " is one that stays.",
                   "Bring its node back, so that it can be promoted; or, if it is gone too: --lost " + name);
      return false;
    }
    remove_member(draft, member, "It gets fresh data, and nothing else changes the membership while there is a learner.");
  }
  return true;
}

}  // namespace

void remove_lost_learners(Draft& draft) {
  for (const MemberSituation& member : draft.situation.members) {
    if (member.asserted_lost && member.learner) remove_member(draft, member, gone);
  }
}

void remove_lost_voters(Draft& draft) {
  for (const MemberSituation& member : draft.situation.members) {
    if (!member.asserted_lost || member.learner) continue;
    if (!learners_are_out_of_the_way(draft, member)) return;
    remove_member(draft, member, gone);
  }
}

}  // namespace quorate
