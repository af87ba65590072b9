// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

// By these keys the API servers know of one another: a host that is gone would stay an endpoint of the service `kubernetes`. None
// runs now, and each writes its own anew when it starts.
absl::Status write_out(const DropMasterLeases& action, StepContext& /*context*/, Step& step) {
  step.set_title("drop the API servers' leases of before");
  DeletePrefix& operation = *step.add_operations()->mutable_delete_prefix();
  operation.set_node(action.node());
  operation.set_prefix("/registry/masterleases/");
  return absl::OkStatus();
}

}  // namespace quorate
