// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

// Who goes on with a run lets go what that was to.
std::vector<std::string> folders_to_go(const Draft& draft, const NodeSituation& node) {
  std::vector<std::string> folders = node.expired_set_asides;
  if (draft.unfinished == nullptr) return folders;
  const auto& approved = draft.unfinished->prunes();
  std::erase_if(folders, [&](const std::string& folder) {
    return std::find(approved.begin(), approved.end(), node.name + ":" + folder) == approved.end();
  });
  return folders;
}

}  // namespace

void prune_set_asides(Draft& draft) {
  const Situation& situation = draft.situation;
  const bool all_serve = std::all_of(situation.nodes.begin(), situation.nodes.end(), [&](const NodeSituation& node) {
    return node.etcd == EtcdState::serving && node.member && !situation.members[*node.member].learner;
  });
  if (!situation.quorum() || situation.live_voters() < situation.voters() || !all_serve) return;
  for (const NodeSituation& node : situation.nodes) {
    const std::vector<std::string> folders = folders_to_go(draft, node);
    if (folders.empty()) continue;
    draft.add("The cluster is whole, and the spec's setAside lets it go.", [&](Step& step) {
      step.mutable_prune_set_asides()->set_node(node.name);
      *step.mutable_prune_set_asides()->mutable_paths() = {folders.begin(), folders.end()};
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
                                          .remedy = "Deleted by a plan that finds every voter serving, and nothing else to do."}));
  }
}

}  // namespace quorate
