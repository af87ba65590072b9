// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const Defragment& action, StepContext& /*context*/, Step& step) {
  step.set_title("write the database of " + action.node() + " anew");
  step.add_guards()->mutable_no_learner();
  for (int i = 0; i < 2; ++i) {
    Fact& serves = i == 0 ? *step.add_guards() : *step.add_checks();
    serves.mutable_etcd_serves()->set_node(action.node());
  }
  Fact::CaughtUp& caught_up = *step.add_guards()->mutable_caught_up();
  caught_up.set_node(action.node());
  caught_up.set_within(1000);
  step.add_operations()->mutable_defragment_store()->set_node(action.node());
  step.set_check_seconds(60);
  return absl::OkStatus();
}

}  // namespace quorate
