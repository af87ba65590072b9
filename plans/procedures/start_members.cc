// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/node_condition.h"
#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

bool is_down_with_sound_data(const Situation& situation, const NodeSituation& node, Starting which) {
  const bool fails = node.etcd == EtcdState::failing && which == Starting::stopped_and_failing;
  const bool down = node.etcd == EtcdState::stopped || fails;
  // A learner is brought up as one, by the procedure that adopts it.
  if (situation.quorum() && node.member && situation.members[*node.member].learner) return false;
  return node.access == Access::answers && node.member && down && node.data == DataState::own && !needs_fresh_data(situation, node);
}

bool can_start(Draft& draft, const NodeSituation& node) {
  if (!node.kubelet_active) {
    draft.refuse(node.name, "Its etcd is down with sound data, and its kubelet does not run.", kubelet_remedy(node));
    return false;
  }
  if (node.certificates_unseen) {
    draft.refuse(node.name, "Its etcd is down with sound data, and its certificates cannot be seen.",
                 "See the finding fact-unknown.");
    return false;
  }
  if (node.store_differs) {
    draft.refuse(node.name,
                 "Its etcd does not start because its store differs from a peer's, and which of them is right is not certain.",
                 "Save a snapshot of each, and find out which is right. To give it the others': --replace " + node.name);
    return false;
  }
  if (!manifest_can_be_had(draft.situation, node)) {
    draft.refuse(node.name,
                 "Its etcd is down with sound data, and no manifest for it is left: neither on it nor on one that serves.",
                 "Put its etcd.yaml back.");
    return false;
  }
  if (node.needs_person || node.manifest == ManifestState::unreadable) {
    draft.refuse(node.name, "Its etcd is down with sound data, for a cause that quorate does not change.",
                 "See the finding's evidence, and mend it by hand.");
    return false;
  }
  return true;
}

// It runs with its own data: it votes as soon as enough others run.
bool waits_for_a_leader(const Situation& situation, const NodeSituation& node) {
  const bool runs = node.etcd == EtcdState::serving || node.etcd == EtcdState::starting;
  if (!runs || !node.member || node.data != DataState::own) return false;
  const MemberSituation& member = situation.members[*node.member];
  return !member.learner && !member.live;
}

// Without a quorum none of them serves before enough of them run: they are started together.
std::size_t live_after(const Situation& situation, const std::vector<const NodeSituation*>& starting) {
  const auto started = std::count_if(starting.begin(), starting.end(),
                                     [&](const NodeSituation* node) { return !situation.members[*node->member].learner; });
  const auto waiting = std::count_if(situation.nodes.begin(), situation.nodes.end(),
                                     [&](const NodeSituation& node) { return waits_for_a_leader(situation, node); });
  return situation.live_voters() + static_cast<std::size_t>(started + waiting);
}

bool would_have_quorum(const Situation& situation, const std::vector<const NodeSituation*>& starting) {
  const std::size_t voters = std::max(situation.voters(), situation.quorum() ? 0 : situation.nodes.size());
  return has_quorum(voters, live_after(situation, starting));
}

}  // namespace

// That of one that serves does for another too.
bool manifest_can_be_had(const Situation& situation, const NodeSituation& node) {
  return node.spare_manifest || std::any_of(situation.nodes.begin(), situation.nodes.end(), [](const NodeSituation& other) {
           return other.etcd == EtcdState::serving && other.spare_manifest;
         });
}

bool could_start_a_quorum(const Situation& situation, Starting which) {
  std::vector<const NodeSituation*> starting;
  for (const NodeSituation& node : situation.nodes) {
    if (is_down_with_sound_data(situation, node, which) && !node.store_differs) starting.push_back(&node);
  }
  return would_have_quorum(situation, starting);
}

void start_members(Draft& draft, Starting which) {
  const Situation& situation = draft.situation;
  std::vector<const NodeSituation*> starting;
  const auto is_moved = [&](const NodeSituation& node) {
    return draft.any_step([&](const Step& step) { return step.move_member().node() == node.name; });
  };
  for (const NodeSituation& node : situation.nodes) {
    if (is_down_with_sound_data(situation, node, which) && !is_moved(node) && can_start(draft, node)) starting.push_back(&node);
  }
  if (!situation.quorum() && !would_have_quorum(situation, starting)) return;
  for (const NodeSituation* node : starting) {
    if (!node->certificates_good && !provide_certificates(draft, *node)) continue;
    draft.add(node->etcd == EtcdState::stopped ? "Its etcd is stopped and its data is sound: it needs no more than to be started."
                                               : "Its etcd does not stay up and its data is sound: it is started anew.",
              [&](Step& step) {
                step.mutable_start_etcd()->set_node(node->name);
                step.mutable_start_etcd()->set_awaited(situation.quorum());
              });
  }
}

}  // namespace quorate
