// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const RepairDataOwner& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  const NodeFacts& facts = facts_of(context, node);
  const std::optional<StaticPod> pod = current_pod(facts);
  if (!pod || !pod->run_as_user) return precondition("the manifest of " + node + " names no user");
  const std::string owner = std::to_string(*pod->run_as_user) + ":" + std::to_string(*pod->run_as_user);
  RepairDataOwner& action = *step.mutable_repair_data_owner();
  action.set_data_directory(facts.data_directory().path());
  action.set_owner(owner);
  step.set_title("give " + action.data_directory() + " on " + node + " to etcd's user");
  step.add_guards()->mutable_node_answers()->set_node(node);
  RunCommand& command = *step.add_operations()->mutable_run_command();
  command.set_node(node);
  for (const std::string& argument : {std::string("chown"), std::string("-R"), std::string("--"), owner, action.data_directory()}) {
    command.add_arguments(argument);
  }
  Fact::DataOwnerIs& owned = *step.add_checks()->mutable_data_owner_is();
  owned.set_node(node);
  owned.set_owner(owner);
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
