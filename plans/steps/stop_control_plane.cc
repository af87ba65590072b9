// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/control_plane.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// What runs, and what a step before has started again.
std::vector<std::string> names_to_park(const StepContext& context, const std::string& node, bool api_server) {
  std::vector<std::string> names;
  const std::vector<std::string> seen = placed_manifests(facts_of(context, node), api_server);
  const auto placed = context.placed.find(node);
  for (const std::string& name : control_plane_manifests(api_server)) {
    const bool is_seen = std::find(seen.begin(), seen.end(), name) != seen.end();
    if (is_seen || (placed != context.placed.end() && placed->second.contains(name))) names.push_back(name);
  }
  return names;
}

}  // namespace

// An API server that runs on would serve what it has cached, and write it into the restored store (etcd-facts 2.5). Its clients go
// with it: those that act must not act on what is gone.
absl::Status write_out(const StopControlPlane& action, StepContext& context, Step& step) {
  step.set_title("stop the API servers, controller managers and schedulers " + on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    step.add_guards()->mutable_kubelet_active()->set_node(node);
    for (const bool api_server : {true, false}) {
      for (const std::string& name : names_to_park(context, node, api_server)) {
        *step.add_operations() = park_control_plane_manifest(context, node, name);
        context.parked[node].insert(name);
        context.placed[node].erase(name);
        if (!action.fences()) *step.add_undo() = place_manifest_again(context, node, name);
      }
    }
    step.add_checks()->mutable_control_plane_stopped()->set_node(node);
  }
  // An API server ends its watches and waits for what is in flight: 60 s and the kubelet's own 50.
  step.set_check_seconds(180);
  return absl::OkStatus();
}

}  // namespace quorate
