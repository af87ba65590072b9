// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const SaveSnapshot& action, StepContext& /*context*/, Step& step) {
  step.set_title("save what etcd on " + action.node() + " has, as a snapshot on this workstation");
  StreamSnapshot& stream = *step.add_operations()->mutable_stream_snapshot();
  stream.set_node(action.node());
  stream.set_path(action.path());
  return absl::OkStatus();
}

}  // namespace quorate
