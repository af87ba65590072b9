// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

void move_in(const StepContext& context, const std::string& node, Step& step) {
  const NodeFacts& facts = facts_of(context, node);
  const std::string data = facts.data_directory().path();
  if (!facts.data_directory().entries().empty()) {
    MoveEntries& aside = *step.add_operations()->mutable_move_entries();
    aside.set_node(node);
    aside.set_from(data);
    aside.set_to(set_aside_folder(facts, context.run_id));
  }
  MovePath& in = *step.add_operations()->mutable_move_path();
  in.set_node(node);
  in.set_from(restore_folder(facts, context.run_id) + "/new/member");
  in.set_to(data + "/member");
}

}  // namespace

absl::Status write_out(const SwitchData& action, StepContext& context, Step& step) {
  const std::string cluster_id = restored_cluster_id(*context.restore);
  step.set_title("set the old data aside and put the restored in its place " + on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    step.add_guards()->mutable_etcd_stopped()->set_node(node);
    Fact::RestoredPresent& restored = *step.add_guards()->mutable_restored_present();
    restored.set_node(node);
    restored.set_folder(restore_folder(facts_of(context, node), context.run_id));
    move_in(context, node, step);
    Fact::DataOfCluster& data = *step.add_checks()->mutable_data_of_cluster();
    data.set_node(node);
    data.set_cluster_id(cluster_id);
  }
  step.mutable_effect()->set_may_lose_data(true);
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
