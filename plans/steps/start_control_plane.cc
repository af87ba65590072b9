// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/control_plane.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// What runs have parked, and what this one will have parked by then: one that died may have parked some of them.
std::vector<std::string> names_to_place(const StepContext& context, const std::string& node, bool api_servers) {
  const NodeFacts& facts = facts_of(context, node);
  const std::vector<std::string> left = left_parked(facts, api_servers);
  const std::vector<std::string> seen = placed_manifests(facts, api_servers);
  const bool stops_what_runs = context.restore != nullptr || is_fenced(context, node);
  const auto has = [](const auto& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto by_plan = [&](const auto& nodes, const std::string& name) {
    const auto found = nodes.find(node);
    return found != nodes.end() && found->second.contains(name);
  };
  std::vector<std::string> names;
  for (const std::string& name : control_plane_manifests(api_servers)) {
    const bool is_left = has(left, name) && !by_plan(context.placed, name);
    if (is_left || by_plan(context.parked, name) || (stops_what_runs && has(seen, name))) names.push_back(name);
  }
  return names;
}

}  // namespace

absl::Status write_out(const StartControlPlane& action, StepContext& context, Step& step) {
  step.set_title(std::string("start the ") + (action.api_servers() ? "API servers " : "controller managers and schedulers ") +
                 on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    step.add_guards()->mutable_kubelet_active()->set_node(node);
    Fact::ManifestsPlaced& placed = *step.add_checks()->mutable_manifests_placed();
    placed.set_node(node);
    for (const std::string& name : names_to_place(context, node, action.api_servers())) {
      *step.add_operations() = place_manifest_again(context, node, name);
      context.parked[node].erase(name);
      context.placed[node].insert(name);
      placed.add_names(name);
    }
    if (action.api_servers() && action.awaited()) step.add_checks()->mutable_api_server_ready()->set_node(node);
  }
  // As verify_member.
  step.set_check_seconds(360);
  return absl::OkStatus();
}

}  // namespace quorate
