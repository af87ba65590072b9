// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

bool is_verified(const Draft& draft, const NodeSituation& node) {
  return std::any_of(draft.steps.begin(), draft.steps.end(),
                     [&](const Step& step) { return step.verify_member().node() == node.name; });
}

bool is_voter(const Situation& situation, const NodeSituation& node) {
  return node.member && !situation.members[*node.member].learner;
}

}  // namespace

bool await_starting(Draft& draft) {
  bool all_may_serve = true;
  for (const NodeSituation& node : draft.situation.nodes) {
    const bool left_starting = node.access == Access::answers && node.etcd == EtcdState::starting;
    if (!left_starting || !is_voter(draft.situation, node) || is_verified(draft, node)) continue;
    if (node.manifest == ManifestState::absent) {
      draft.refuse(node.name, "Its etcd runs without a manifest that could be seen: until it has ended it cannot be started again.",
                   "Once it has ended, the same again.");
      all_may_serve = false;
      continue;
    }
    draft.add("The run may have restarted it, and died before it served.",
              [&](Step& step) { step.mutable_verify_member()->set_node(node.name); });
  }
  return all_may_serve;
}

}  // namespace quorate
