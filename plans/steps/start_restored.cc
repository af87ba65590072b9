// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/lookup.h"
#include "plans/restore.h"
#include "plans/steps/steps.h"

namespace quorate {
// All at once: with kubeadm's flags each of them waits for its peers before it serves (etcd-facts 2.5).
absl::Status write_out(const StartRestored& action, StepContext& context, Step& step) {
  const std::string cluster_id = restored_cluster_id(*context.restore);
  const bool made = std::any_of(action.nodes().begin(), action.nodes().end(),
                                [&](const std::string& node) { return makes_manifest(context, node); });
  step.set_title("start the restored etcd " + on_nodes(action.nodes()) + (made ? ", with manifests as kubeadm writes them" : ""));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    const NodeFacts& facts = facts_of(context, node);
    const absl::StatusOr<std::string> manifest = manifest_for(context, node, "");
    if (!manifest.ok()) return annotate(manifest.status(), "the manifest of " + node);
    step.add_guards()->mutable_kubelet_active()->set_node(node);
    Fact::DataOfCluster& data = *step.add_guards()->mutable_data_of_cluster();
    data.set_node(node);
    data.set_cluster_id(cluster_id);
    put_manifest(node, *manifest, facts, step);
    step.add_operations()->mutable_remove_containers()->set_node(node);
    Fact::ServesCluster& serves = *step.add_checks()->mutable_serves_cluster();
    serves.set_node(node);
    serves.set_cluster_id(cluster_id);
  }
  for (ExpectedMember& member : context.members) {
    member.live = member.live || std::find(action.nodes().begin(), action.nodes().end(), member.name) != action.nodes().end();
  }
  // As start_etcd.
  step.set_check_seconds(120);
  return absl::OkStatus();
}

}  // namespace quorate
