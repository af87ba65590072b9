// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

void mend_manifests(Draft& draft, const NodeSituation& node) {
  if (node.manifest != ManifestState::several || needs_fresh_data(draft.situation, node)) return;
  if (!node.kubelet_active) return;
  // What runs is replaced by etcd.yaml's pod: its member is down for a moment.
  if (node.member && is_needed_for_quorum(draft.situation, draft.situation.members[*node.member])) {
    draft.refuse(node.name, "Moving its surplus manifests restarts its etcd, and without it no quorum of the others is live.",
                 "Plan again once the other members are back. With fewer than three members, move them by hand.");
    return;
  }
  draft.add("The kubelet runs the last of several manifests of etcd in the alphabet, and starts it again when etcd.yaml is gone.",
            [&](Step& step) { step.mutable_park_manifest()->set_node(node.name); });
}

void mend_owner(Draft& draft, const NodeSituation& node) {
  if (!node.data_owner_wrong || needs_fresh_data(draft.situation, node)) return;
  draft.add("etcd's user cannot write its data directory.",
            [&](Step& step) { step.mutable_repair_data_owner()->set_node(node.name); });
}

void mend_peer_url(Draft& draft, const NodeSituation& node) {
  if (!node.peer_url_wrong || needs_fresh_data(draft.situation, node) || !draft.situation.quorum()) return;
  const MemberSituation& member = draft.situation.members[*node.member];
  if (!member.more_peer_urls.empty()) {
    draft.refuse(node.name, "It has more than one listed peer URL, and which of them shall stay only a person can say.",
                 "etcdctl member update " + member.id + " --peer-urls=URL,... with those that its manifest listens at.");
    return;
  }
  if (!node.new_peer_url_known) {
    draft.refuse(node.name,
                 "Its peers cannot reach it at its listed peer URL " + member.peer_url + ", and no other is known for it.",
                 "Give it an `address` in the spec, and see that its manifest's --listen-peer-urls has it.");
    return;
  }
  // etcd before 3.5.31 and 3.6.12 promotes a learner whose URL is updated.
  if (member.learner) return;
  // The old certificates name the old address.
  if (!provide_certificates(draft, node)) return;
  draft.add("Its peers cannot reach it at " + member.peer_url + ".", [&](Step& step) {
    step.mutable_update_peer_urls()->set_node(node.name);
    step.mutable_update_peer_urls()->set_member_id(member.id);
  });
}

}  // namespace

bool is_needed_for_quorum(const Situation& situation, const MemberSituation& member) {
  return member.live && !member.learner && !has_quorum(situation.voters(), situation.live_voters() - 1);
}

void mend_nodes(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    // Where nobody can say whether its etcd runs, what it would make of a change cannot be said either.
    if (node.access != Access::answers || node.etcd == EtcdState::unknown) continue;
    mend_manifests(draft, node);
    mend_owner(draft, node);
    mend_peer_url(draft, node);
  }
}

}  // namespace quorate
