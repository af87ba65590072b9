// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"
#include "plans/steps/steps.h"

namespace quorate {

namespace {

// Where no API server is, an etcd client may have written to it already.
void keep_restored(const std::string& node, const NodeFacts& facts, const std::string& aside, Step& step) {
  MovePath& out = *step.add_operations()->mutable_move_path();
  out.set_node(node);
  out.set_from(facts.data_directory().path() + "/member");
  out.set_to(unused_folder(facts, aside + "-undone") + "/member");
}

// Of a learner that was taken out again, or of a start that failed.
void keep_learners(const std::string& node, const NodeFacts& facts, const std::string& aside, Step& step) {
  MoveEntries& out = *step.add_operations()->mutable_move_entries();
  out.set_node(node);
  out.set_from(facts.data_directory().path());
  out.set_to(unused_folder(facts, aside + "-undone"));
}

}  // namespace

absl::Status write_out(const SwitchBack& action, StepContext& context, Step& step) {
  step.set_title("put the old data back " + on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    const NodeFacts& facts = facts_of(context, node);
    const DataDirectory& data = facts.data_directory();
    const std::string aside = set_aside_folder(facts, context.run_id);
    step.add_guards()->mutable_etcd_stopped()->set_node(node);
    const bool restored = context.restore != nullptr && data.cluster_id() == restored_cluster_id(*context.restore);
    if (restored) keep_restored(node, facts, aside, step);
    if (context.restore == nullptr && !data.entries().empty()) keep_learners(node, facts, aside, step);
    for (const SetAside& folder : facts.set_asides()) {
      if (folder.path() != aside) continue;
      MoveEntries& back = *step.add_operations()->mutable_move_entries();
      back.set_node(node);
      back.set_from(aside);
      back.set_to(data.path());
      remove_paths(node, "-df", {aside}, step);
    }
  }
  return absl::OkStatus();
}

}  // namespace quorate
