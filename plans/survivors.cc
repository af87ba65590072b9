// SPDX-License-Identifier: Apache-2.0
#include "plans/survivors.h"

#include <limits>
#include <optional>
#include <tuple>

#include "plans/cluster_choice.h"
#include "plans/lookup.h"
#include "plans/snapshot_source.h"

namespace quorate {
namespace {

using Method = Intent::Restore::Method;

std::string serving(const EndpointStatus& status) {
  return "serves, term " + std::to_string(status.raft_term()) + ", committed " + std::to_string(status.raft_index()) +
         ", applied " + std::to_string(status.raft_applied_index()) + ", revision " + std::to_string(status.revision());
}

std::string stopped(const DataDirectory& data) {
  if (!data.has_log_end()) {
    return "does not serve; its data: newest log " + data.newest_wal() + ", newest snapshot " + data.newest_snapshot();
  }
  const LogEnd& end = data.log_end();
  std::string text =
      "does not serve; its log ends at term " + std::to_string(end.term()) + ", index " + std::to_string(end.index());
  if (end.index() <= end.commit()) return text + ", all known to be committed";
  return text + ", known to be committed up to " + std::to_string(end.commit());
}

std::string survivor(const NodeObservation& node) {
  if (node.endpoint().has_status()) return serving(node.endpoint().status());
  if (!node.has_facts()) return "does not answer";
  const DataDirectory& data = node.facts().data_directory();
  return data.initialised() ? stopped(data) : "holds no data";
}

bool serves(const NodeObservation& node, const std::string& cluster_id) {
  const EndpointStatus& status = node.endpoint().status();
  return node.endpoint().has_status() && node.endpoint().via() == node.name() && !status.learner() &&
         status.cluster_id() == cluster_id;
}

bool can_give(const NodeObservation& node, const NodeSituation& situation, Method method, const std::string& cluster_id) {
  const bool stopped = !node.endpoint().has_status() && situation.access == Access::answers;
  switch (method) {
    case Intent::Restore::SERVED: return serves(node, cluster_id);
    // A member that is not known could not be given up, and its data would be that of the cluster that goes on.
    case Intent::Restore::FORCE_NEW_CLUSTER:
      return serves(node, cluster_id) && situation.access == Access::answers && node.endpoint().has_member_list();
    case Intent::Restore::DATA_DIRECTORY: return stopped && situation.data == DataState::own;
    // Whatever its log is.
    case Intent::Restore::DATABASE: return stopped && (situation.data == DataState::own || situation.data == DataState::damaged);
    default: return false;
  }
}

// The greater brings the more; of as much, what is served is the milder way.
std::tuple<std::uint64_t, std::uint64_t> rank(const NodeObservation& node) {
  constexpr std::uint64_t milder = std::numeric_limits<std::uint64_t>::max();
  if (node.endpoint().has_status()) return {node.endpoint().status().raft_applied_index(), milder};
  const LogEnd& end = node.facts().data_directory().log_end();
  return {end.commit(), end.index()};
}

absl::Status none(const std::string& node, Method method) {
  if (method != Intent::Restore::UNSPECIFIED) {
    return precondition((node.empty() ? "No node" : node) + (node.empty() ? " has" : " has not") + " what --method " +
                        word_of(method) + " takes.");
  }
  return precondition(node.empty() ? "No node that answers serves what the cluster had, or holds sound data of it."
                                   : "It neither serves what the cluster had, nor holds sound data of it.");
}

}  // namespace

absl::StatusOr<Survivor> choose_survivor(const Spec& spec, const Observation& observation, const Situation& situation,
                                         const std::string& node, Method method) {
  if (!node.empty() && find_node(observation, node) == nullptr) return invalid("The spec has no node " + node + ".");
  const ClusterChoice cluster = choose_cluster(spec, observation);
  if (!cluster.refusals.empty()) return precondition(cluster.refusals.front().summary() + " See quorate status.");
  std::optional<Survivor> best;
  std::size_t candidates = 0;
  std::string unread;
  std::tuple<std::uint64_t, std::uint64_t> most;
  // The mildest first.
  std::vector<Method> methods = {Intent::Restore::SERVED, Intent::Restore::DATA_DIRECTORY};
  if (method != Intent::Restore::UNSPECIFIED) methods = {method};
  for (const Method each : methods) {
    for (const NodeSituation& candidate : situation.nodes) {
      const NodeObservation& seen = *find_node(observation, candidate.name);
      if (!node.empty() && candidate.name != node) continue;
      if (!can_give(seen, candidate, each, cluster.cluster_id)) continue;
      ++candidates;
      const bool has_said = seen.endpoint().has_status() || seen.facts().data_directory().has_log_end();
      if (!has_said && each == Intent::Restore::DATA_DIRECTORY) unread = candidate.name;
      if (best && rank(seen) <= most) continue;
      best = Survivor{candidate.name, each};
      most = rank(seen);
    }
  }
  if (!best) return none(node, method);
  // It may be the one that knows most.
  if (candidates > 1 && !unread.empty())
    return precondition("How far the log of " + unread +
                        " goes could not be read, so it cannot be said who knows most. Ask again; or name"
                        " one: --survivor NODE.");
  return *best;
}

std::vector<std::string> survivors(const Observation& observation) {
  std::vector<std::string> lines;
  for (const NodeObservation& node : observation.nodes()) lines.push_back(node.name() + ": " + survivor(node));
  return lines;
}

std::string word_of(Method method) {
  switch (method) {
    case Intent::Restore::SERVED: return "snapshot";
    case Intent::Restore::DATA_DIRECTORY: return "data-directory";
    case Intent::Restore::DATABASE: return "database";
    case Intent::Restore::FORCE_NEW_CLUSTER: return "force-new-cluster";
    default: return "";
  }
}

}  // namespace quorate
