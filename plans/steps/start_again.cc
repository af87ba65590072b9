// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

// Whether it will serve is not this step's to say: it may have been without a quorum before.
absl::Status write_out(const StartAgain& action, StepContext& context, Step& step) {
  step.set_title("start etcd again as it was " + on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    step.add_guards()->mutable_kubelet_active()->set_node(node);
    for (const Manifest& spare : facts_of(context, node).spare_manifests()) {
      const bool comes_back = spare.path() == parking_directory(context) + "/etcd.yaml";
      if (comes_back && forces_new_cluster(spare)) return refused_to_force(node, spare.path());
    }
    *step.add_operations() = place_manifest_again(context, node, "etcd.yaml");
    step.add_operations()->mutable_remove_containers()->set_node(node);
    Fact::ManifestsPlaced& placed = *step.add_checks()->mutable_manifests_placed();
    placed.set_node(node);
    placed.add_names("etcd.yaml");
  }
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
