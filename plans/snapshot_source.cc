// SPDX-License-Identifier: Apache-2.0
#include "plans/snapshot_source.h"

#include <tuple>

#include "plans/cluster_choice.h"
#include "plans/lookup.h"

namespace quorate {
namespace {

// A member that no node of its own answers for is out of reach; a learner may lag, and has no vote.
bool can_give_one(const NodeObservation& node, const ClusterChoice& cluster) {
  const EndpointStatus& status = node.endpoint().status();
  if (!node.endpoint().has_status() || node.endpoint().via() != node.name() || status.learner()) return false;
  if (status.cluster_id() != cluster.cluster_id) return false;
  return cluster.leader_id.empty() || cluster.live.contains(status.member_id());
}

// The greater is the better.
std::tuple<bool, std::uint64_t> rank(const NodeObservation& node, const ClusterChoice& cluster) {
  const EndpointStatus& status = node.endpoint().status();
  if (!cluster.leader_id.empty()) return {status.member_id() != cluster.leader_id, 0};
  return {true, status.raft_applied_index()};
}

}  // namespace

std::vector<std::string> serving_nodes(const Observation& observation, const ClusterChoice& cluster) {
  std::vector<std::string> nodes;
  for (const NodeObservation& node : observation.nodes()) {
    if (can_give_one(node, cluster)) nodes.push_back(node.name());
  }
  return nodes;
}

absl::StatusOr<SnapshotSource> snapshot_source(const Spec& spec, const Observation& observation, const std::string& wanted) {
  if (!wanted.empty() && find_node(observation, wanted) == nullptr) return invalid("the spec has no node " + wanted);
  const ClusterChoice cluster = choose_cluster(spec, observation);
  if (!cluster.refusals.empty()) return precondition(cluster.refusals.front().summary() + " See quorate status.");
  const NodeObservation* best = nullptr;
  for (const NodeObservation& node : observation.nodes()) {
    if ((!wanted.empty() && node.name() != wanted) || !can_give_one(node, cluster)) continue;
    if (best == nullptr || rank(node, cluster) > rank(*best, cluster)) best = &node;
  }
  if (best != nullptr) return SnapshotSource{best->name(), cluster.cluster_id, !cluster.leader_id.empty()};
  return precondition(wanted.empty() ? "no member's etcd answers, so that none can give a snapshot; see quorate status"
                                     : "etcd on " + wanted + " does not answer as a voter of the cluster; see quorate status");
}

}  // namespace quorate
