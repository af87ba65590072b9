// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const CompactStore& /*action*/, StepContext& /*context*/, Step& step) {
  step.set_title("drop the store's history");
  step.add_guards()->mutable_quorum_without();
  step.add_operations()->mutable_compact();
  return absl::OkStatus();
}

}  // namespace quorate
