// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

// Who goes on with a run sets what that was approved to set.
bool may_set(const Draft& draft, const WantedFlags& wanted) {
  if (draft.unfinished == nullptr) return true;
  const auto& approved = draft.unfinished->flags();
  return std::all_of(wanted.flags.begin(), wanted.flags.end(), [&](const auto& flag) {
    const auto found = approved.find(flag.first);
    return found != approved.end() && found->second == flag.second;
  });
}

bool can_be_restarted(const NodeSituation& node) {
  return node.member && node.access == Access::answers && node.kubelet_active && node.etcd == EtcdState::serving &&
         node.manifest == ManifestState::present;
}

}  // namespace

bool can_set_flags(Draft& draft, const WantedFlags& wanted) {
  const Situation& situation = draft.situation;
  const NodeSituation& node = *wanted.node;
  if (!can_be_restarted(node)) {
    if (situation.no_space)
      draft.refuse(node.name,
                   "The store is full, and the larger quota is set by a restart: its kubelet does not run, or it has not the one "
                   "manifest of etcd's.",
                   "See what is found of it; mend that, and plan again.");
    return false;
  }
  if (!may_set(draft, wanted)) {
    if (situation.no_space)
      draft.refuse(node.name,
                   "The store is full, and what the spec's extraArgs has is not what the unfinished run was approved to set.",
                   "quorate abandon, then plan again: the larger quota comes first.");
    return false;
  }
  // Where every write is refused, a moment without any costs nothing.
  if (!situation.no_space && is_needed_for_quorum(situation, situation.members[*node.member])) {
    draft.refuse(node.name, "Other flags restart its etcd, and without it no quorum of the others is live.",
                 "With fewer than three voters edit its manifest by hand, when a moment without writes does no harm.");
    return false;
  }
  if (!node.certificates_good && !is_issued_already(draft, node)) {
    draft.refuse(node.name, "Other flags restart its etcd, and with the certificates that it has nobody would hear it.",
                 "See what is found of its certificates.");
    return false;
  }
  return true;
}

const NodeSituation* set_flags_on(Draft& draft, const std::vector<WantedFlags>& wanted, const std::string& why) {
  std::vector<const NodeSituation*> nodes;
  for (const WantedFlags& each : wanted) nodes.push_back(each.node);
  return restart_one_by_one(draft, nodes, leader_of(draft.situation), [&](const NodeSituation& node) {
    const auto of_node = std::find_if(wanted.begin(), wanted.end(), [&](const WantedFlags& each) { return each.node == &node; });
    draft.add(why, [&](Step& step) {
      step.mutable_set_flags()->set_node(node.name);
      *step.mutable_set_flags()->mutable_flags() = {of_node->flags.begin(), of_node->flags.end()};
    });
  });
}

void set_flags(Draft& draft) {
  if (!nothing_else_to_do(draft)) return;
  std::vector<WantedFlags> wanted;
  for (const NodeSituation& node : draft.situation.nodes) {
    const WantedFlags flags = {&node, node.other_flags};
    if (!flags.flags.empty() && can_set_flags(draft, flags)) wanted.push_back(flags);
  }
  set_flags_on(draft, wanted, "The spec's extraArgs has what its manifest has not.");
}

}  // namespace quorate
