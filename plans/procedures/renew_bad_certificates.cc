// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"

namespace quorate {

void renew_bad_certificates(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    const bool runs_unheard = node.access == Access::answers && node.etcd == EtcdState::starting && node.data == DataState::own;
    // Another CA is read at a start alone, and is no matter of a leaf.
    if (!runs_unheard || !node.member || node.certificates_unseen || node.certificates_good || !node.authority_present) continue;
    if (!needs_fresh_data(draft.situation, node)) provide_certificates(draft, node);
  }
}

}  // namespace quorate
