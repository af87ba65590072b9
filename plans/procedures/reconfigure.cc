// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

bool only_removes_lost(const Draft& draft) {
  return std::all_of(draft.steps.begin(), draft.steps.end(),
                     [&](const Step& step) { return step.has_remove_member() || step.has_move_leader(); });
}

bool is_broken(const Situation& situation) {
  if (situation.no_space || situation.corrupt) return true;
  return std::any_of(situation.members.begin(), situation.members.end(),
                     [](const MemberSituation& member) { return !member.live && !member.asserted_lost; });
}

Finding missing(const NodeSituation& node) {
  return make_finding(FindingKind::missing_member, {.subject = node.name,
                                                    .summary = "The spec has it, and the cluster does not.",
                                                    .remedy = "It joins once nothing is broken."});
}

Finding surplus(const MemberSituation& member, const std::string& remedy) {
  return make_finding(FindingKind::surplus_member, {.subject = member.name.empty() ? member.id : member.name,
                                                    .summary = "The cluster has it, and the spec does not.",
                                                    .evidence = {"member " + member.id + " at " + member.peer_url},
                                                    .remedy = remedy});
}

bool may_remove(const Draft& draft, const MemberSituation& member) {
  if (draft.unfinished == nullptr) return true;
  const auto& removes = draft.unfinished->removes();
  return std::find(removes.begin(), removes.end(), member.id) != removes.end();
}

bool has_dead_voter(const Situation& situation) {
  return std::any_of(situation.members.begin(), situation.members.end(),
                     [](const MemberSituation& member) { return !member.learner && !member.live && !member.asserted_lost; });
}

// A change of members that died with its learner half-way has the rest of it approved too.
bool goes_on(const Draft& draft) {
  if (draft.unfinished == nullptr || has_dead_voter(draft.situation) || in_doubt(draft)) return false;
  return !draft.unfinished->removes().empty() || !draft.unfinished->joins().empty();
}

// One that a person has replaced joins by that.
bool is_missing(const NodeSituation& node) { return !node.member && node.data == DataState::none && !node.asserted_replace; }

void report_all(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    if (is_missing(node)) draft.waiting.push_back(missing(node));
  }
  for (const MemberSituation& member : draft.situation.members) {
    if (member.node || member.asserted_lost || (member.learner && !member.started)) continue;
    draft.waiting.push_back(surplus(member, member.live ? "It is removed once nothing is broken."
                                                        : "It does not answer. If it is gone for good: --lost " + member.id));
  }
}

// A node that was silent or barred might hold data of a member; nothing is done to what cannot be seen.
void join_missing(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    if (!is_missing(node) || node.access != Access::answers) continue;
    if (!may_join(draft, node)) {
      draft.waiting.push_back(missing(node));
      continue;
    }
    if (can_join(draft, node)) join(draft, node, "The spec has it, and the cluster does not.");
  }
}

void remove_surplus(Draft& draft) {
  for (const MemberSituation& member : draft.situation.members) {
    if (member.node || member.asserted_lost || member.learner || !member.live) continue;
    if (!may_remove(draft, member)) {
      draft.waiting.push_back(surplus(member, "It is removed by a plan of its own, once this run is done."));
      continue;
    }
    if (const MemberSituation* learner = learner_in_the_way(draft, "")) {
      draft.waiting.push_back(surplus(member, "While there is a learner nothing else changes the membership, and " +
                                                  (learner->name.empty() ? learner->id : learner->name) +
                                                  " is one that stays. If it is not wanted: --lost " + learner->id +
                                                  ", once it is stopped"));
      continue;
    }
    remove_member(draft, member, "The cluster has it, and the spec does not.");
  }
}

}  // namespace

void reconfigure(Draft& draft) {
  const Situation& situation = draft.situation;
  const bool nothing_broken = !is_broken(situation) && only_removes_lost(draft);
  // What a person asked for and was refused comes before what the spec alone implies.
  if (!draft.refusals.empty() || !(nothing_broken || goes_on(draft))) {
    report_all(draft);
    return;
  }
  const std::size_t refusals_before = draft.refusals.size();
  join_missing(draft);
  const bool all_there = std::all_of(situation.nodes.begin(), situation.nodes.end(), [](const NodeSituation& node) {
    return node.member.has_value() || ((is_missing(node) || node.asserted_replace) && node.access == Access::answers);
  });
  if (all_there && draft.refusals.size() == refusals_before) {
    remove_surplus(draft);
    return;
  }
  for (const MemberSituation& member : situation.members) {
    if (!member.node && !member.asserted_lost)
      draft.waiting.push_back(surplus(member, "It is removed once every member that the spec has is there."));
  }
}

}  // namespace quorate
