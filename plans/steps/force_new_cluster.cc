// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"
#include "plans/restore_tool.h"
#include "plans/steps/steps.h"

namespace quorate {

// etcd-facts 3: it keeps the cluster's ID and the member's, and removes all others. In the manifest it would do so at each start.
absl::Status write_out(const ForceNewCluster& action, StepContext& context, Step& step) {
  const std::string& node = action.node();
  const NodeFacts& facts = facts_of(context, node);
  step.set_title("run etcd on " + node + " once with --force-new-cluster, on a copy of its data");
  const std::optional<Tool> etcd = etcd_program(facts, *context.restore);
  if (!etcd) return precondition("etcd cannot be run on " + node);
  step.add_guards()->mutable_etcd_stopped()->set_node(node);
  ForceAlone& force = *step.add_operations()->mutable_force_alone();
  force.set_node(node);
  force.set_data_directory(facts.data_directory().path());
  force.set_folder(restore_folder(facts, context.run_id));
  *force.mutable_tool() = on_node(*etcd, facts, context.run_id);
  force.set_name(node);
  Fact::RestoredPresent& forced = *step.add_checks()->mutable_restored_present();
  forced.set_node(node);
  forced.set_folder(force.folder());
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
