// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const VerifyStore& action, StepContext& context, Step& step) {
  const Intent::Restore& restore = *context.restore;
  CheckStore& check = *step.add_operations()->mutable_check_store();
  *check.mutable_nodes() = action.nodes();
  if (restore.recovers()) {
    step.set_title("verify that what is served is what was saved of " + restore.survivor() + ", with equal hashes");
    check.set_snapshot(restore.source());
    check.set_bump(restore.bump());
    return absl::OkStatus();
  }
  step.set_title("verify that what is served is the snapshot: " + std::to_string(restore.keys()) + " keys at revision " +
                 std::to_string(restored_revision(restore)) + ", equal hashes");
  check.set_revision(restored_revision(restore));
  check.set_keys(restore.keys());
  return absl::OkStatus();
}

}  // namespace quorate
