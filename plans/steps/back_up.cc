// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const BackUp& action, StepContext& context, Step& step) {
  step.set_title("save a snapshot of " + action.node() + " into " + action.directory());
  SaveBackup& save = *step.add_operations()->mutable_save_backup();
  save.set_node(action.node());
  save.set_directory(action.directory());
  save.set_keep(action.keep());
  save.set_cluster(context.spec.metadata().name());
  save.set_cluster_id(context.situation.cluster_id);
  save.set_with_quorum(action.with_quorum());
  return absl::OkStatus();
}

}  // namespace quorate
