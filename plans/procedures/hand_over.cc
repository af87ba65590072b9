// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

// One that is restarted already, where there is one: it need not hand over again.
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

}  // namespace

const NodeSituation* leader_of(const Situation& situation) {
  const auto leads = [&](const NodeSituation& node) {
    return node.member && situation.members[*node.member].id == situation.leader_id;
  };
  const auto leader = std::find_if(situation.nodes.begin(), situation.nodes.end(), leads);
  return leader == situation.nodes.end() ? nullptr : &*leader;
}

const NodeSituation* restart_one_by_one(Draft& draft, std::vector<const NodeSituation*> nodes, const NodeSituation* leader,
                                        const std::function<void(const NodeSituation&)>& restart) {
  std::stable_partition(nodes.begin(), nodes.end(), [&](const NodeSituation* node) { return node != leader; });
  std::vector<const NodeSituation*> restarted;
  for (const NodeSituation* node : nodes) {
    const NodeSituation* successor = node == leader ? successor_of(draft.situation, *node, restarted) : nullptr;
    if (successor != nullptr) {
      hand_over(draft, *node, *successor);
      leader = successor;
    }
    restart(*node);
    restarted.push_back(node);
  }
  return leader;
}

void hand_over(Draft& draft, const NodeSituation& leader, const NodeSituation& successor) {
  draft.add("It leads; handing over first stops writes for 0.2 s instead of 1.9 s.", [&](Step& step) {
    step.mutable_move_leader()->set_from(leader.name);
    step.mutable_move_leader()->set_to(successor.name);
  });
}

}  // namespace quorate
