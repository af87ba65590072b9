// SPDX-License-Identifier: Apache-2.0
#include "plans/kubeadm.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const TryKubeadm& action, StepContext& context, Step& step) {
  const absl::StatusOr<KubeadmJoin> join = kubeadm_join(context, action.node(), action.from());
  if (!join.ok()) return join.status();
  step.set_title("have kubeadm check " + action.node() + ", invited by " + action.from());
  step.add_guards()->mutable_api_server_ready()->set_node(action.from());
  *step.add_operations()->mutable_kubeadm_preflight()->mutable_join() = *join;
  return absl::OkStatus();
}

}  // namespace quorate
