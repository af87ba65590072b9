// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"

namespace quorate {

void abandon_run(Draft& draft) {
  for (const MemberSituation& member : draft.situation.members) {
    if (!member.learner || !member.node) continue;
    const NodeSituation& node = draft.situation.nodes[*member.node];
    remove_member(draft, member, "The run that added it is abandoned.");
    if (node.access != Access::answers || !node.kubelet_active) continue;
    if (node.etcd != EtcdState::stopped || node.manifest != ManifestState::absent) {
      draft.add("Its member is removed, so it must not run.", [&](Step& step) { step.mutable_stop_etcd()->set_node(node.name); });
    }
  }
}

}  // namespace quorate
