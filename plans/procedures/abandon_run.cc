// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"
#include "plans/procedures/restore_nodes.h"

namespace quorate {
namespace {

bool has_voter(const Situation& situation, const NodeSituation& node) {
  return node.member && !situation.members[*node.member].learner;
}

// Stopped first: were its member removed and the stop failed, nothing would be left to find it by.
void stop(Draft& draft, const NodeSituation& node, const std::string& why) {
  if (!may_run(node) || node.access != Access::answers || !node.kubelet_active) return;
  draft.add(why, [&](Step& step) { step.mutable_stop_etcd()->set_node(node.name); });
}

void take_learner_out(Draft& draft, const MemberSituation& member) {
  const NodeSituation& node = draft.situation.nodes[*member.node];
  if (node.access == Access::answers && node.etcd_unseen) {
    draft.refuse(node.name, "What runs on it cannot be seen, so its learner cannot be proven stopped.",
                 "See the finding fact-unknown, then abandon again.");
    return;
  }
  stop(draft, node, "Its member is removed, so it must not run.");
  remove_member(draft, member, "The run that added it is abandoned.");
}

bool gets_data_back(const Situation& situation, const NodeSituation& node) {
  const bool workable = node.access == Access::answers && node.kubelet_active && !node.etcd_unseen;
  return node.aside_by_run && workable && !has_voter(situation, node);
}

// It stays stopped: whether that data is still of use is the next plan's to say.
void put_data_back(Draft& draft) {
  Nodes nodes;
  for (const NodeSituation& node : draft.situation.nodes) {
    if (!gets_data_back(draft.situation, node)) continue;
    nodes.push_back(&node);
    if (!node.member) stop(draft, node, "Its data is put back, so it must not run.");
  }
  if (nodes.empty()) return;
  draft.add("The run that set it aside is abandoned.",
            [&](Step& step) { name(nodes, step.mutable_switch_back()->mutable_nodes()); });
}

// What serves with the new flags, or at the new address, stays so.
void put_manifests_back(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    const bool workable = node.access == Access::answers && node.kubelet_active;
    if (!node.manifest_before || node.etcd == EtcdState::serving || !workable) continue;
    draft.add("The run that changed it is abandoned, and etcd does not serve with it.",
              [&](Step& step) { step.mutable_put_manifest_back()->set_node(node.name); });
  }
}

// A member that is listed where it does not serve is listed where it does, or did. What was moved whole stays.
void put_peer_urls_back(Draft& draft) {
  const auto& moves = draft.unfinished->moves();
  for (const NodeSituation& node : draft.situation.nodes) {
    if (std::find(moves.begin(), moves.end(), node.name) == moves.end() || !node.member || node.peer_url_before.empty()) continue;
    const MemberSituation& member = draft.situation.members[*node.member];
    const bool serves_or_comes_back = node.etcd == EtcdState::serving || node.manifest_before;
    if (member.learner || member.peer_url == node.peer_url_before || !serves_or_comes_back) continue;
    draft.add("The run that moves it is abandoned, and it does not serve there.", [&](Step& step) {
      step.mutable_update_peer_urls()->set_node(node.name);
      step.mutable_update_peer_urls()->set_member_id(member.id);
      step.mutable_update_peer_urls()->set_peer_url(node.peer_url_before);
    });
  }
}

}  // namespace

void end_without_quorum(Draft& draft) {
  if (draft.unfinished == nullptr || !draft.unfinished->survivors_prefix().empty()) return;
  if (could_start_a_quorum(draft.situation, Starting::stopped)) {
    renew_bad_certificates(draft);
    return start_members(draft, Starting::stopped);
  }
  draft.ending.push_back(
      make_finding(FindingKind::run_left, {.subject = "",
                                           .summary = "Without a quorum nothing of the run can be undone: it ends as it stands.",
                                           .remedy = "Then, as it is said above: quorate plan"}));
}

void abandon_run(Draft& draft) {
  bool rotates = false;
  for (const Intent& intent : draft.unfinished == nullptr ? RunRecord::default_instance().intents() : draft.unfinished->intents()) {
    if (!intent.has_rotate_authority()) continue;
    rotates = true;
    undo_rotation(draft, intent.rotate_authority().to());
  }
  for (const MemberSituation& member : draft.situation.members) {
    if (member.learner && member.node) take_learner_out(draft, member);
  }
  if (draft.refusals.empty()) put_data_back(draft);
  if (draft.unfinished != nullptr) put_peer_urls_back(draft);
  put_manifests_back(draft);
  // Certificates that were renewed had it stopped; as it was before, it need not have been ready.
  if (!rotates) let_clients_in(draft, false);
}

}  // namespace quorate
