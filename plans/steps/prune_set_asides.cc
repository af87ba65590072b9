// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const PruneSetAsides& action, StepContext& /*context*/, Step& step) {
  step.set_title("delete what was set aside on " + action.node());
  step.add_guards()->mutable_all_voters_serve();
  RunCommand& command = *step.add_operations()->mutable_run_command();
  command.set_node(action.node());
  for (const char* word : {"rm", "-rf", "--"}) command.add_arguments(word);
  for (const std::string& path : action.paths()) command.add_arguments(path);
  return absl::OkStatus();
}

}  // namespace quorate
