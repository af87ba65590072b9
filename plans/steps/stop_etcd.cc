// SPDX-License-Identifier: Apache-2.0
#include "plans/quorum.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

constexpr std::uint32_t restart_milliseconds = 30'000;

// Its member is a live voter, and is one again by a later step. With fewer than three there is no quorum meanwhile.
void take_away_for_a_while(const std::string& node, StepContext& context, Step& step) {
  const MemberSituation* member = member_on(context, node);
  if (member == nullptr) return;
  step.add_guards()->mutable_all_voters_serve();
  std::size_t voters = 0;
  for (ExpectedMember& expected : context.members) {
    voters += expected.learner ? 0 : 1;
    if (expected.id == member->id) expected.live = false;
  }
  if (has_quorum(voters, voters - 1)) {
    step.add_guards()->mutable_quorum_without()->set_member_id(member->id);
  } else {
    step.mutable_effect()->set_writes_stop_milliseconds(restart_milliseconds);
  }
}

}  // namespace

absl::Status write_out(const StopEtcd& action, StepContext& context, Step& step) {
  step.set_title("stop etcd on " + action.node() + " and prove it stopped");
  // A node that a reset has left without a kubelet runs nothing any more.
  const bool reset = facts_of(context, action.node()).kubelet().active_state() != "active";
  if (!reset) step.add_guards()->mutable_kubelet_active()->set_node(action.node());
  if (action.restarts()) take_away_for_a_while(action.node(), context, step);
  for (const Operation& operation : park_all_manifests(context, action.node())) *step.add_operations() = operation;
  step.add_operations()->mutable_remove_containers()->set_node(action.node());
  step.add_checks()->mutable_etcd_stopped()->set_node(action.node());
  // The kubelet's scan of 20 s and its grace of 30 s, with room (etcd-facts 9).
  step.set_check_seconds(120);
  return absl::OkStatus();
}

}  // namespace quorate
