// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"

namespace quorate {

void try_kubeadm(Draft& draft, const NodeSituation& node) {
  const bool tried = draft.any_step([&](const Step& step) { return step.try_kubeadm().node() == node.name; });
  if (!node.awaits_kubeadm() || tried) return;
  draft.add("What keeps kubeadm from joining it is found before anything is changed.", [&](Step& step) {
    step.mutable_try_kubeadm()->set_node(node.name);
    step.mutable_try_kubeadm()->set_from(node.kubeadm_inviter);
  });
}

void join_by_kubeadm(Draft& draft, const NodeSituation& node) {
  if (!node.awaits_kubeadm()) return;
  draft.add("A person wants its control plane made anew by kubeadm; etcd comes after it, as a learner.", [&](Step& step) {
    step.mutable_join_by_kubeadm()->set_node(node.name);
    step.mutable_join_by_kubeadm()->set_from(node.kubeadm_inviter);
  });
}

void finish_kubeadm_joins(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    if (!node.by_kubeadm || node.kubeadm == KubeadmState::finished || node.access != Access::answers) continue;
    if (!will_vote(draft, node)) continue;
    const bool joins = draft.any_step([&](const Step& step) { return step.join_by_kubeadm().node() == node.name; });
    if (!joins && node.kubeadm != KubeadmState::joined) continue;
    draft.add("What kubeadm does once etcd serves is still to be done.", [&](Step& step) {
      step.mutable_finish_kubeadm_join()->set_node(node.name);
      step.mutable_finish_kubeadm_join()->set_from(node.kubeadm_inviter);
    });
  }
}

}  // namespace quorate
