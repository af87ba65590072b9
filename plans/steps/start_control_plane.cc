// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/control_plane.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// What runs have parked, and what this one will have parked by then: one that died may have parked some of them.
std::vector<std::string> names_to_place(const StepContext& context, const std::string& node, bool api_servers) {
  const NodeFacts& facts = facts_of(context, node);
  std::vector<std::string> names = left_parked(facts, api_servers);
  const bool stops_what_runs =
      context.restore != nullptr || is_fenced(context, node) || !situation_of(context, node).control_plane_to_renew.empty();
  if (!stops_what_runs) return names;
  const std::vector<std::string> placed = placed_manifests(facts, api_servers);
  names.insert(names.end(), placed.begin(), placed.end());
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
      placed.add_names(name);
    }
    if (action.api_servers() && action.awaited()) step.add_checks()->mutable_api_server_ready()->set_node(node);
  }
  // As verify_member.
  step.set_check_seconds(360);
  return absl::OkStatus();
}

}  // namespace quorate
