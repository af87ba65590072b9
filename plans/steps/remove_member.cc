// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const RemoveMember& action, StepContext& context, Step& step) {
  const std::string name = action.name().empty() ? action.node() : action.name();
  step.set_title("remove member " + (name.empty() ? action.peer_url() : name) + " (" + action.member_id() + ")");
  // A live voter that leaves must not take the quorum with it; what etcd itself would refuse is refused before.
  step.add_guards()->mutable_quorum_without()->set_member_id(action.member_id());
  const auto silent = std::find_if(context.situation.members.begin(), context.situation.members.end(),
                                   [&](const auto& member) { return member.id == action.member_id() && member.asserted_lost; });
  if (silent != context.situation.members.end()) {
    Fact::NodeSilent& fact = *step.add_guards()->mutable_node_silent();
    fact.set_node(action.node());
    fact.set_member_id(action.member_id());
  }
  step.add_operations()->mutable_member_remove()->set_member_id(action.member_id());
  step.add_checks()->mutable_member_absent()->set_member_id(action.member_id());
  step.set_check_seconds(15);
  expect_election_without(action.member_id(), context, step);
  std::erase_if(context.members, [&](const ExpectedMember& member) { return member.id == action.member_id(); });
  return absl::OkStatus();
}

}  // namespace quorate
