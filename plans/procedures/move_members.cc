// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

// Who goes on with a run moves what that was approved to move.
bool may_move(const Draft& draft, const NodeSituation& node) {
  if (draft.unfinished == nullptr) return true;
  const auto& approved = draft.unfinished->moves();
  return std::find(approved.begin(), approved.end(), node.name) != approved.end();
}

bool can_be_moved(const Draft& draft, const NodeSituation& node) {
  return !node.moves_to.empty() && node.kubelet_active && node.manifest == ManifestState::present && may_move(draft, node);
}

// One of these is not for the address where it is to be reached; others that are due have time.
std::vector<const Renewal*> lacking_address(const NodeSituation& node) {
  std::vector<const Renewal*> lacking;
  for (const char* name : {"etcd-server", "etcd-peer"}) {
    const auto due = node.certificates_to_renew.find(name);
    if (due == node.certificates_to_renew.end()) continue;
    const auto& lacks = due->second.lacks;
    if (std::find(lacks.begin(), lacks.end(), "IP:" + node.moves_to) != lacks.end()) lacking.push_back(&due->second);
  }
  return lacking;
}

// Who goes on with a run issues what that was approved to issue.
bool may_be_issued(const std::vector<const Renewal*>& due) {
  return std::none_of(due.begin(), due.end(), [](const Renewal* renewal) { return renewal->waits; });
}

// Its peers refuse one whose certificates are not for the address.
bool has_certificates(Draft& draft, const NodeSituation& node) {
  if (lacking_address(node).empty() || is_issued_already(draft, node)) return true;
  draft.refuse(node.name, "Its certificates are not for " + node.moves_to + ", and cannot be issued anew.",
               "Put ca.key beside etcd's ca.crt on one node, or see its manifest's --cert-file.");
  return false;
}

void move(Draft& draft, const NodeSituation& node) {
  if (node.listed_elsewhere) {
    draft.add("Its peers shall reach it at the spec's address.", [&](Step& step) {
      step.mutable_update_peer_urls()->set_node(node.name);
      step.mutable_update_peer_urls()->set_member_id(draft.situation.members[*node.member].id);
    });
  }
  if (!node.listens_elsewhere) return;
  draft.add("What it listens at is read at a start alone.", [&](Step& step) {
    step.mutable_move_member()->set_node(node.name);
    step.mutable_move_member()->set_address(node.moves_to);
  });
}

// Listed where nothing listens yet.
bool is_half_moved(const NodeSituation& node) { return !node.moves_to.empty() && !node.listed_elsewhere && node.peers_elsewhere; }

// Nothing else is known to ail it.
bool is_cut_off(const Situation& situation, const NodeSituation& node) {
  return is_half_moved(node) && !situation.members[*node.member].live && node.access == Access::answers &&
         node.data == DataState::own && !needs_fresh_data(situation, node) && !node.needs_person && !node.store_differs &&
         !node.certificates_unseen;
}

}  // namespace

void finish_moves_of_cut_off(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    if (!can_be_moved(draft, node) || !is_cut_off(draft.situation, node)) continue;
    const std::vector<const Renewal*> lacking = lacking_address(node);
    if (may_be_issued(lacking) && provide_certificates(draft, node, !lacking.empty())) move(draft, node);
  }
}

void move_members(Draft& draft) {
  if (!nothing_else_to_do(draft)) return;
  const Situation& situation = draft.situation;
  std::vector<const NodeSituation*> half_moved;
  std::vector<const NodeSituation*> others;
  for (const NodeSituation& node : situation.nodes) {
    if (can_be_moved(draft, node) && has_certificates(draft, node)) (is_half_moved(node) ? half_moved : others).push_back(&node);
  }
  const auto restart = [&](const NodeSituation& node) { move(draft, node); };
  // Its peers reach it no more by a new connection. Two such members never hear one another again, and where one of them leads the
  // other is cut off.
  const NodeSituation* leader = restart_one_by_one(draft, half_moved, leader_of(situation), restart);
  restart_one_by_one(draft, others, leader, restart);
}

}  // namespace quorate
