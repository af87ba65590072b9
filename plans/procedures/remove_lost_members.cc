// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

constexpr const char* gone = "A person asserted that it is gone for good.";

const std::string& name_of(const MemberSituation& member) { return member.name.empty() ? member.id : member.name; }

}  // namespace

void remove_lost_learners(Draft& draft) {
  for (const MemberSituation& member : draft.situation.members) {
    if (member.asserted_lost && member.learner) remove_member(draft, member, gone);
  }
}

void remove_lost_voters(Draft& draft) {
  const auto& members = draft.situation.members;
  const auto lost = std::find_if(members.begin(), members.end(),
                                 [](const MemberSituation& member) { return member.asserted_lost && !member.learner; });
  if (lost == members.end()) return;
  // One that is to get fresh data leaves here already, and joins after the removal.
  for (const MemberSituation& member : members) {
    if (!member.learner || !leaves(draft.situation, member)) continue;
    remove_member(draft, member, "It gets fresh data, and nothing else changes the membership while there is a learner.");
  }
  if (const MemberSituation* learner = learner_in_the_way(draft, "")) {
    draft.refuse(name_of(*lost),
                 "While there is a learner nothing else changes the membership, and " + name_of(*learner) + " is one that stays.",
                 "Bring its node back, so that it can be promoted; or, if it is gone too: --lost " + name_of(*learner));
    return;
  }
  for (const MemberSituation& member : members) {
    if (member.asserted_lost && !member.learner) remove_member(draft, member, gone);
  }
}

}  // namespace quorate
