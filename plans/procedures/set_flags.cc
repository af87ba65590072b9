// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

// Who goes on with a run sets what that was approved to set.
bool may_set(const Draft& draft, const NodeSituation& node) {
  if (draft.unfinished == nullptr) return true;
  const auto& approved = draft.unfinished->flags();
  return std::all_of(node.other_flags.begin(), node.other_flags.end(), [&](const auto& flag) {
    const auto found = approved.find(flag.first);
    return found != approved.end() && found->second == flag.second;
  });
}

bool can_be_set(const NodeSituation& node) {
  return !node.other_flags.empty() && node.member && node.access == Access::answers && node.kubelet_active &&
         node.etcd == EtcdState::serving && node.manifest == ManifestState::present;
}

}  // namespace

const NodeSituation* set_flags_on(Draft& draft, const std::vector<const NodeSituation*>& wanted) {
  const Situation& situation = draft.situation;
  std::vector<const NodeSituation*> nodes;
  for (const NodeSituation* each : wanted) {
    const NodeSituation& node = *each;
    if (!can_be_set(node)) {
      if (situation.no_space)
        draft.refuse(node.name,
                     "The store is full, and the larger quota is set by a restart: its kubelet does not run, or it has not the one "
                     "manifest of etcd's.",
                     "See what is found of it; mend that, and plan again.");
      continue;
    }
    if (!may_set(draft, node)) {
      if (situation.no_space)
        draft.refuse(node.name,
                     "The store is full, and what the spec's extraArgs has is not what the unfinished run was approved to set.",
                     "quorate abandon, then plan again: the larger quota comes first.");
      continue;
    }
    if (is_needed_for_quorum(situation, situation.members[*node.member])) {
      draft.refuse(node.name, "Other flags restart its etcd, and without it no quorum of the others is live.",
                   "With fewer than three voters edit its manifest by hand, when a moment without writes does no harm.");
      continue;
    }
    if (!node.certificates_good && !is_issued_already(draft, node)) {
      draft.refuse(node.name, "Other flags restart its etcd, and with the certificates that it has nobody would hear it.",
                   "See what is found of its certificates.");
      continue;
    }
    nodes.push_back(&node);
  }
  return restart_one_by_one(draft, nodes, leader_of(situation), [&](const NodeSituation& node) {
    draft.add("The spec's extraArgs has what its manifest has not.", [&](Step& step) {
      step.mutable_set_flags()->set_node(node.name);
      *step.mutable_set_flags()->mutable_flags() = {node.other_flags.begin(), node.other_flags.end()};
    });
  });
}

void set_flags(Draft& draft) {
  if (!nothing_else_to_do(draft)) return;
  std::vector<const NodeSituation*> nodes;
  for (const NodeSituation& node : draft.situation.nodes) nodes.push_back(&node);
  set_flags_on(draft, nodes);
}

}  // namespace quorate
