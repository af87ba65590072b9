// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const PruneSetAsides& action, StepContext& /*context*/, Step& step) {
  step.set_title("delete what was set aside on " + action.node());
  step.add_guards()->mutable_all_voters_serve();
  remove_paths(action.node(), "-rf", {action.paths().begin(), action.paths().end()}, step);
  return absl::OkStatus();
}

}  // namespace quorate
