// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {

bool leads(const Situation& situation, const NodeSituation& node) {
  return node.member && situation.members[*node.member].id == situation.leader_id;
}

const NodeSituation* successor_of(const Situation& situation, const NodeSituation& leader,
                                  const std::vector<const NodeSituation*>& restarted) {
  const NodeSituation* successor = nullptr;
  for (const NodeSituation& node : situation.nodes) {
    if (node.name == leader.name || !node.member || node.access != Access::answers) continue;
    const bool is_restarted = std::find(restarted.begin(), restarted.end(), &node) != restarted.end();
    if (successor == nullptr || is_restarted) successor = &node;
  }
  return successor;
}

void hand_over(Draft& draft, const NodeSituation& leader, const NodeSituation& successor) {
  draft.add("It leads; handing over first stops writes for 0.2 s instead of 1.9 s.", [&](Step& step) {
    step.mutable_move_leader()->set_from(leader.name);
    step.mutable_move_leader()->set_to(successor.name);
  });
}

}  // namespace quorate
