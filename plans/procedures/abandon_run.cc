// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"

namespace quorate {

void abandon_run(Draft& draft) {
  for (const MemberSituation& member : draft.situation.members) {
    if (!member.learner || !member.node) continue;
    const NodeSituation& node = draft.situation.nodes[*member.node];
    if (node.access == Access::answers && node.etcd_unseen) {
      draft.refuse(node.name, "What runs on it cannot be seen, so its learner cannot be proven stopped.",
                   "See the finding fact-unknown, then abandon again.");
      continue;
    }
    // Stopped first: were it removed and the stop failed, nothing would be left to find it by.
    const bool may_run = node.etcd != EtcdState::stopped || node.manifest != ManifestState::absent;
    if (may_run && node.access == Access::answers && node.kubelet_active) {
      draft.add("Its member is removed, so it must not run.", [&](Step& step) { step.mutable_stop_etcd()->set_node(node.name); });
    }
    remove_member(draft, member, "The run that added it is abandoned.");
  }
}

}  // namespace quorate
