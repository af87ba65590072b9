// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

// Who goes on with a run lets go what that was to.
bool may_prune(const Draft& draft, const std::string& node) {
  if (draft.unfinished == nullptr) return true;
  const auto& approved = draft.unfinished->prunes();
  return std::find(approved.begin(), approved.end(), node) != approved.end();
}

}  // namespace

void prune_set_asides(Draft& draft) {
  const Situation& situation = draft.situation;
  const bool all_serve = std::all_of(situation.nodes.begin(), situation.nodes.end(), [&](const NodeSituation& node) {
    return node.etcd == EtcdState::serving && node.member && !situation.members[*node.member].learner;
  });
  if (!situation.quorum() || situation.live_voters() < situation.voters() || !all_serve) return;
  for (const NodeSituation& node : situation.nodes) {
    if (node.expired_set_asides.empty() || !may_prune(draft, node.name)) continue;
    draft.add("The cluster is whole, and the spec's setAside lets it go.", [&](Step& step) {
      step.mutable_prune_set_asides()->set_node(node.name);
      *step.mutable_prune_set_asides()->mutable_paths() = {node.expired_set_asides.begin(), node.expired_set_asides.end()};
    });
  }
}

void let_set_asides_wait(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    const bool goes = draft.any_step([&](const Step& step) { return step.prune_set_asides().node() == node.name; });
    if (node.expired_set_asides.empty() || goes) continue;
    draft.waiting.push_back(make_finding(FindingKind::set_aside_due,
                                         {.subject = node.name,
                                          .summary = "What was set aside there may go, and waits until nothing else is to do.",
                                          .evidence = node.expired_set_asides,
                                          .remedy = "Deleted by the next plan."}));
  }
}

}  // namespace quorate
