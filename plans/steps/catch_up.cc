// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const CatchUp& action, StepContext& context, Step& step) {
  step.set_title("wait until " + action.node() + " has caught up");
  Fact::CaughtUp& caught_up = *step.add_checks()->mutable_caught_up();
  caught_up.set_node(action.node());
  caught_up.set_within(100);
  std::uint64_t bytes = 0;
  for (const NodeObservation& node : context.observation.nodes()) {
    bytes = std::max<std::uint64_t>(bytes, node.endpoint().status().database_bytes());
  }
  // Two minutes, and 10 s a gigabyte (etcd-facts 9).
  step.set_check_seconds(static_cast<std::uint32_t>(120 + 10 * (bytes >> 30U)));
  return absl::OkStatus();
}

}  // namespace quorate
