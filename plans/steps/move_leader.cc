// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const MoveLeader& action, StepContext& context, Step& step) {
  const auto& nodes = context.situation.nodes;
  const auto successor =
      std::find_if(nodes.begin(), nodes.end(), [&](const NodeSituation& node) { return node.name == action.to(); });
  if (successor == nodes.end() || !successor->member) return precondition(action.to() + " is no member");
  step.set_title("hand leadership from " + action.from() + " to " + action.to());
  Fact::EtcdServes& serves = *step.add_guards()->mutable_etcd_serves();
  serves.set_node(action.to());
  LeaderMove& move = *step.add_operations()->mutable_leader_move();
  move.set_from_node(action.from());
  move.set_to_node(action.to());
  move.set_to_member_id(context.situation.members[*successor->member].id);
  const MemberSituation* leader = member_on(context, action.from());
  step.add_checks()->mutable_leader_is_not()->set_member_id(leader == nullptr ? context.situation.leader_id : leader->id);
  step.set_check_seconds(15);
  step.mutable_effect()->set_writes_stop_milliseconds(200);
  context.leader_id = step.operations(0).leader_move().to_member_id();
  return absl::OkStatus();
}

}  // namespace quorate
