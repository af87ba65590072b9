// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

std::uint32_t seconds_to_receive(const StepContext& context) {
  return static_cast<std::uint32_t>(120 + (context.database_bytes >> 20U));
}

absl::Status write_out(const CatchUp& action, StepContext& context, Step& step) {
  step.set_title("wait until " + action.node() + " has caught up");
  Fact::CaughtUp& caught_up = *step.add_checks()->mutable_caught_up();
  caught_up.set_node(action.node());
  caught_up.set_within(100);
  step.set_check_seconds(seconds_to_receive(context));
  return absl::OkStatus();
}

}  // namespace quorate
