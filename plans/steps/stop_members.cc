// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const StopMembers& action, StepContext& context, Step& step) {
  step.set_title("stop etcd " + on_nodes(action.nodes()) + (action.leader_last() ? ", the leader last," : "") +
                 " and prove it stopped");
  step.set_nodes_at_once(true);
  step.set_leader_last(action.leader_last());
  for (const std::string& node : action.nodes()) {
    step.add_guards()->mutable_kubelet_active()->set_node(node);
    const bool withdraws = action.undoes() && !situation_of(context, node).restore.etcd_parked;
    for (Operation& operation : park_all_manifests(context, node)) {
      MovePath& move = *operation.mutable_move_path();
      if (withdraws) move.set_to(parking_directory(context) + "/withdrawn-" + base_name(move.from()));
      *step.add_operations() = operation;
    }
    step.add_operations()->mutable_remove_containers()->set_node(node);
    step.add_checks()->mutable_etcd_stopped()->set_node(node);
  }
  for (ExpectedMember& member : context.members) {
    const auto& nodes = action.nodes();
    if (std::find(nodes.begin(), nodes.end(), member.name) != nodes.end()) member.live = false;
  }
  // As stop_etcd.
  step.set_check_seconds(120);
  return absl::OkStatus();
}

}  // namespace quorate
