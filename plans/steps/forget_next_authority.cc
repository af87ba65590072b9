// SPDX-License-Identifier: Apache-2.0
#include "plans/authorities.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const ForgetNextAuthority& action, StepContext& /*context*/, Step& step) {
  step.set_title("remove the CA that was kept aside on " + action.node());
  remove_paths(action.node(), "-rf", {next_authority_directory}, step);
  step.add_checks()->mutable_next_authority_is()->set_node(action.node());
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
