// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const ClearRestore& action, StepContext& context, Step& step) {
  step.set_title("remove the snapshot and the rest of the restore " + on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    remove_paths(node, "-rf", {restore_folder(facts_of(context, node), context.run_id)}, step);
  }
  return absl::OkStatus();
}

}  // namespace quorate
