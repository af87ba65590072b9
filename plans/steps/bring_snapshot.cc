// SPDX-License-Identifier: Apache-2.0
#include "plans/bytes_text.h"
#include "plans/restore.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const BringSnapshot& action, StepContext& context, Step& step) {
  const Intent::Restore& restore = *context.restore;
  const std::string size = restore.recovers() ? "" : " (" + text_of_bytes(restore.bytes()) + ")";
  step.set_title("bring the snapshot" + size + " to " + on_nodes(action.nodes()).substr(3) + " and verify it there");
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    PutSnapshot& put = *step.add_operations()->mutable_put_snapshot();
    put.set_node(node);
    put.set_source(action.source());
    put.set_path(restore_folder(facts_of(context, node), context.run_id) + "/snapshot.db");
    put.set_bytes(restore.bytes());
    put.set_sha256(restore.sha256());
    put.set_without_trailer(restore.without_trailer());
    Fact::SnapshotPresent& present = *step.add_checks()->mutable_snapshot_present();
    present.set_node(node);
    present.set_sha256(restore.sha256());
    present.set_folder(restore_folder(facts_of(context, node), context.run_id));
  }
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
