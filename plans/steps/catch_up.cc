// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/steps/steps.h"

namespace quorate {

std::uint32_t seconds_to_receive(const Observation& observation) {
  std::uint64_t bytes = 0;
  for (const NodeObservation& node : observation.nodes()) {
    bytes = std::max<std::uint64_t>(bytes, node.endpoint().status().database_bytes());
  }
  return static_cast<std::uint32_t>(120 + (bytes >> 20U));
}

absl::Status write_out(const CatchUp& action, StepContext& context, Step& step) {
  step.set_title("wait until " + action.node() + " has caught up");
  Fact::CaughtUp& caught_up = *step.add_checks()->mutable_caught_up();
  caught_up.set_node(action.node());
  caught_up.set_within(100);
  step.set_check_seconds(seconds_to_receive(context.observation));
  return absl::OkStatus();
}

}  // namespace quorate
