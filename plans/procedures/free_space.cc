// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "plans/alarms.h"
#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

bool disarms(const Draft& draft, const char* alarm) {
  return draft.any_step([&](const Step& step) { return step.disarm_alarm().alarm() == alarm; });
}

// One that the draft so far neither promotes nor takes out.
bool leaves_learner(const Draft& draft) {
  const Situation& situation = draft.situation;
  return std::any_of(situation.members.begin(), situation.members.end(), [&](const MemberSituation& member) {
    const bool promoted = member.node && draft.promotes(situation.nodes[*member.node]);
    return member.learner && !promoted && !draft.removes(member);
  });
}

// The leader last, so that leadership is lost once at most.
std::vector<const NodeSituation*> voters_of(const Draft& draft) {
  std::vector<const NodeSituation*> followers;
  const NodeSituation* leader = nullptr;
  for (const NodeSituation& node : draft.situation.nodes) {
    if (!will_vote(draft, node)) continue;
    if (node.member && draft.situation.members[*node.member].id == draft.situation.leader_id) {
      leader = &node;
    } else {
      followers.push_back(&node);
    }
  }
  if (leader != nullptr) followers.push_back(leader);
  return followers;
}

}  // namespace

void free_space(Draft& draft) {
  if (!draft.situation.no_space || disarms(draft, no_space_alarm)) return;
  if (draft.situation.corrupt && !disarms(draft, corrupt_alarm)) return;
  // What catches up while a store is written anew may be corrupted by it (etcd before 3.5.23 and 3.6.5; etcd-facts 9).
  if (leaves_learner(draft)) return;
  for (const MemberSituation& member : draft.situation.members) {
    if (member.node || !member.live || draft.removes(member)) continue;
    draft.refuse(member.name, "The store is full, and its database cannot be written anew: none of the spec's nodes is its.",
                 "Add its node to the spec; or defragment it by hand.");
    return;
  }
  const std::vector<const NodeSituation*> voters = voters_of(draft);
  for (const NodeSituation* node : voters) {
    if (node->access != Access::answers) {
      draft.refuse(node->name, "Its etcd serves, and cannot be told to write its database anew, since the node does not answer.",
                   "Bring it back; or, where it is gone for good: --lost " + node->name);
      return;
    }
    if (!node->cannot_defragment) continue;
    draft.refuse(node->name, "Its disk has too little room to write its database anew beside the old one.",
                 "See the finding disk-short, and make room. What runs have set aside is in the folders `.quorate-*` of its data "
                 "directory.");
    return;
  }
  draft.add("Every write is refused because the store is full: what is only history makes room.",
            [](Step& step) { step.mutable_compact_store(); });
  for (const NodeSituation* node : voters) {
    draft.add("What was freed is given back only when the database is written anew.",
              [&](Step& step) { step.mutable_defragment()->set_node(node->name); });
  }
  draft.add("Writes are refused until the alarm is taken off.", [&](Step& step) {
    step.mutable_disarm_alarm()->set_alarm(no_space_alarm);
    for (const NodeSituation* node : voters) step.mutable_disarm_alarm()->add_nodes(node->name);
  });
}

}  // namespace quorate
