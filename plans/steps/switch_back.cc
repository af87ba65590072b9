// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const SwitchBack& action, StepContext& context, Step& step) {
  step.set_title("put the old data back " + on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    const NodeFacts& facts = facts_of(context, node);
    const std::string data = facts.data_directory().path();
    const std::string aside = set_aside_folder(facts, context.run_id);
    step.add_guards()->mutable_etcd_stopped()->set_node(node);
    if (facts.data_directory().cluster_id() == restored_cluster_id(*context.restore)) {
      // Where no API server is, an etcd client may have written to it already.
      MovePath& out = *step.add_operations()->mutable_move_path();
      out.set_node(node);
      out.set_from(data + "/member");
      out.set_to(unused_folder(facts, aside + "-undone") + "/member");
    }
    for (const SetAside& folder : facts.set_asides()) {
      if (folder.path() != aside) continue;
      MoveEntries& back = *step.add_operations()->mutable_move_entries();
      back.set_node(node);
      back.set_from(aside);
      back.set_to(data);
      remove_paths(node, "-df", {aside}, step);
    }
  }
  return absl::OkStatus();
}

}  // namespace quorate
