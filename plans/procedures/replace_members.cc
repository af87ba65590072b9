// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

std::string reason(const Situation& situation, const NodeSituation& node) {
  if (node.asserted_replace) return "A person asked for it with --replace.";
  if (node.given_up()) return "What it held was given up.";
  if (node.etcd == EtcdState::stray) return "Its etcd is of another cluster.";
  switch (node.data) {
    case DataState::none:
      return node.member && !situation.members[*node.member].started ? "It was added as a voter and never started."
                                                                     : "Its data is lost.";
    case DataState::removed: return "Its data is of a member that was removed.";
    case DataState::foreign: return "Its data is of another cluster.";
    case DataState::stale: return "Its data is older than what it had acknowledged; it must not vote with it.";
    case DataState::damaged: return "Its data is damaged.";
    case DataState::corrupt: return "Its store has other keys or values than the majority's.";
    case DataState::copied: return "Its data is a copy of another member's.";
    case DataState::own:
    case DataState::unknown: break;
  }
  return "";
}

// Whether a quorum is left where all that are made anew leave before the first joins, those that are down first.
bool leave_quorum_together(const Draft& draft) {
  std::size_t voters = 0;
  std::size_t live = 0;
  for (const MemberSituation& member : draft.situation.members) {
    const bool goes = member.node && needs_fresh_data(draft.situation, draft.situation.nodes[*member.node]);
    if (member.learner || goes || draft.removes(member)) continue;
    ++voters;
    live += member.live ? 1 : 0;
  }
  return has_quorum(voters, live);
}

bool leaves_quorum(const Draft& draft) {
  if (in_doubt(draft)) return leave_quorum_together(draft);
  const Situation& situation = draft.situation;
  return situation.voters() > 1 && has_quorum(situation.voters() - 1, situation.live_voters() - 1);
}

bool may_leave(Draft& draft, const MemberSituation& member) {
  const Situation& situation = draft.situation;
  if (!member.live || member.learner) return true;
  const bool reachable = std::any_of(situation.members.begin(), situation.members.end(), [&](const MemberSituation& other) {
    return other.id != member.id && other.live && !other.learner && other.node &&
           situation.nodes[*other.node].access == Access::answers;
  });
  // Once it is removed, the cluster can be asked only by another node's way.
  if (!reachable && situation.voters() > 1) {
    draft.refuse(member.name, "Without it no node of the spec that answers has a live member, to reach the cluster by.",
                 "Bring another node of the spec back, or add one, first.");
    return false;
  }
  if (leaves_quorum(draft)) return true;
  if (situation.voters() == 1) {
    draft.refuse(member.name, "It is the only voter.", "Add another node to the spec first; or, from a backup: --restore SNAPSHOT");
    return false;
  }
  draft.refuse(member.name, "Without it no quorum of the others is live.", "Bring the other members back first.");
  return false;
}

void let_it_wait(Draft& draft, const NodeSituation& node) {
  if (node.asserted_replace) {
    draft.refuse(node.name, "Stores differ on those that stay too: it would get a copy of one, which nobody knows to be right.",
                 doubt_remedy);
    return;
  }
  draft.waiting.push_back(make_finding(
      FindingKind::stores_differ,
      {.subject = node.name, .summary = "It is made anew once it is known whose store is right.", .remedy = doubt_remedy}));
}

}  // namespace

bool needs_fresh_data(const Situation& situation, const NodeSituation& node) {
  if (node.access != Access::answers) return false;
  if (node.asserted_replace || node.given_up()) return true;
  // Another cluster with members of its own is somebody's, and the spec may name the wrong host.
  if (node.etcd == EtcdState::stray) return !node.stray_has_peers;
  const bool serves_wrong_data = node.data == DataState::removed || node.data == DataState::corrupt;
  if (node.etcd == EtcdState::serving && !serves_wrong_data) return false;
  if (is_of_no_use(node.data)) return true;
  if (node.data != DataState::none || !node.member) return false;
  const MemberSituation& member = situation.members[*node.member];
  return member.started || !member.learner;
}

void replace_members(Draft& draft) {
  const Situation& situation = draft.situation;
  std::vector<const NodeSituation*> replacing;
  for (const NodeSituation& node : situation.nodes) {
    if (node.stray_has_peers && !node.asserted_replace && !node.given_up()) {
      draft.refuse(node.name, "Its etcd serves another cluster, which has other members.",
                   "Correct its host in the spec. If that cluster may lose it: --replace " + node.name);
    }
    if (!needs_fresh_data(situation, node)) continue;
    if (node.given_up() && !may_join(draft, node)) continue;
    if (node.member && !may_leave(draft, situation.members[*node.member])) continue;
    if (can_join(draft, node)) replacing.push_back(&node);
  }
  const auto is_replaced = [&](const NodeSituation& node) {
    return std::find(replacing.begin(), replacing.end(), &node) != replacing.end();
  };
  if (in_doubt_without(draft, is_replaced)) {
    for (const NodeSituation* node : replacing) let_it_wait(draft, *node);
    return;
  }
  const bool together = in_doubt(draft);
  for (const NodeSituation* node : replacing) {
    pull_missing_image(draft, *node);
    try_kubeadm(draft, *node);
  }
  const auto takes_out = [&](const NodeSituation& node, auto&& condition) {
    if (!node.member) return;
    const MemberSituation& member = situation.members[*node.member];
    if (condition(member) && !draft.removes(member)) remove_member(draft, member, reason(situation, node));
  };
  // While there is a learner nothing else changes the membership.
  for (const NodeSituation* node : replacing) takes_out(*node, [](const MemberSituation& member) { return member.learner; });
  // etcd adds no member while a voter is down, so all that are down leave before the first joins.
  for (const NodeSituation* node : replacing) takes_out(*node, [](const MemberSituation& member) { return !member.live; });
  // Where stores differ so do all the others: who joins gets the leader's, which is right once none but the right ones are left.
  const auto is_any = [](const MemberSituation&) { return true; };
  for (const NodeSituation* node : replacing) {
    if (together) takes_out(*node, is_any);
  }
  for (const NodeSituation* node : replacing) {
    takes_out(*node, is_any);
    join(draft, *node, reason(situation, *node));
  }
}

}  // namespace quorate
