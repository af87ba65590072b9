// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const StopEtcd& action, StepContext& context, Step& step) {
  step.set_title("stop etcd on " + action.node() + " and prove it stopped");
  // A node that a reset has left without a kubelet runs nothing any more.
  const bool reset = facts_of(context, action.node()).kubelet().active_state() != "active";
  if (!reset) step.add_guards()->mutable_kubelet_active()->set_node(action.node());
  if (action.restarts()) {
    guard_restart(action.node(), context, step);
    const MemberSituation* own = member_on(context, action.node());
    for (ExpectedMember& member : context.members) {
      if (own != nullptr && member.id == own->id) member.live = false;
    }
  }
  for (const Operation& operation : park_all_manifests(context, action.node())) *step.add_operations() = operation;
  step.add_operations()->mutable_remove_containers()->set_node(action.node());
  step.add_checks()->mutable_etcd_stopped()->set_node(action.node());
  // The kubelet's scan of 20 s and its grace of 30 s, with room (etcd-facts 9).
  step.set_check_seconds(120);
  return absl::OkStatus();
}

}  // namespace quorate
