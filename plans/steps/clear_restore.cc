// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const ClearRestore& action, StepContext& context, Step& step) {
  step.set_title("remove the snapshot and the rest of the restore " + on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    RunCommand& command = *step.add_operations()->mutable_run_command();
    command.set_node(node);
    for (const std::string& argument :
         {std::string("rm"), std::string("-rf"), std::string("--"), restore_folder(facts_of(context, node), context.run_id)}) {
      command.add_arguments(argument);
    }
  }
  return absl::OkStatus();
}

}  // namespace quorate
