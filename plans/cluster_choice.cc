// SPDX-License-Identifier: Apache-2.0
#include "plans/cluster_choice.h"

#include <map>
#include <string>
#include <vector>

#include "plans/finding.h"
#include "plans/lookup.h"
#include "plans/quorum.h"

namespace quorate {
namespace {

struct Candidate {
  ClusterChoice choice;
  std::uint64_t best_index = 0;  // of the endpoint whose member list is taken
  bool list_has_leader = false;
  std::vector<std::string> spec_nodes = {};  // that answer for it
};

using Candidates = std::map<std::string, Candidate>;

bool knows_leader(const EndpointStatus& status) { return !status.leader_id().empty(); }

// `spec_node`: whose it is; empty: of none.
void add_endpoint(const EtcdEndpoint& endpoint, const std::string& spec_node, const GivenUp& given_up, Candidates& candidates) {
  if (!endpoint.has_status()) return;
  const EndpointStatus& status = endpoint.status();
  if (given_up.contains(status.cluster_id(), status.member_id())) return;
  Candidate& candidate = candidates[status.cluster_id()];
  candidate.choice.cluster_id = status.cluster_id();
  if (!spec_node.empty()) candidate.spec_nodes.push_back(spec_node);
  candidate.choice.answering.insert(status.member_id());
  if (knows_leader(status)) {
    candidate.choice.live.insert(status.member_id());
    candidate.choice.leader_id = status.leader_id();
  }
  // A learner's list may lag, and etcd 3.4 and 3.5 refuse to give it; a voter with a leader has the best one.
  const bool better = !candidate.list_has_leader || status.raft_applied_index() >= candidate.best_index;
  if (!endpoint.has_member_list() || endpoint.member_list().members().empty()) return;
  if (candidate.list_has_leader && !knows_leader(status)) return;
  if (better || (knows_leader(status) && !candidate.list_has_leader)) {
    candidate.choice.members = endpoint.member_list();
    candidate.best_index = status.raft_applied_index();
    candidate.list_has_leader = knows_leader(status);
  }
}

bool has_quorum_among(const MemberList& members, const std::set<std::string>& ids) {
  std::size_t voters = 0;
  std::size_t counted = 0;
  for (const Member& member : members.members()) {
    if (member.learner()) continue;
    ++voters;
    counted += ids.count(member.id());
  }
  return has_quorum(voters, counted);
}

bool decides(const ClusterChoice& choice) { return has_quorum_among(choice.members, choice.live); }

// No endpoint answers: the data directories say which members there are, if they agree on the cluster.
ClusterChoice from_data(const Observation& observation, const GivenUp& given_up) {
  ClusterChoice choice;
  choice.members_from_data = true;
  for (const NodeObservation& node : observation.nodes()) {
    const DataDirectory& data = node.facts().data_directory();
    if (!data.initialised() || !data.has_member_id() || !data.has_cluster_id()) continue;
    if (given_up.contains(data.cluster_id(), data.member_id())) continue;
    if (choice.cluster_id.empty()) choice.cluster_id = data.cluster_id();
    if (choice.cluster_id != data.cluster_id()) {
      choice.refusals.push_back(make_finding(FindingKind::two_clusters,
                                             {.subject = node.name(),
                                              .summary = "No etcd answers, and the data directories are of different clusters.",
                                              .evidence = {node.name() + ": " + data.path() + " is of cluster " + data.cluster_id(),
                                                           "others are of cluster " + choice.cluster_id},
                                              .remedy = "Decide which data is the cluster's, and set the other aside by hand."}));
      continue;
    }
    if (const Member* other = find_member(choice.members, data.member_id())) {
      choice.refusals.push_back(make_finding(
          FindingKind::data_of_other_member,
          {.subject = node.name(),
           .summary = "No etcd answers, and two nodes hold the data of one member.",
           .evidence = {node.name() + ": " + data.path() + " is of member " + data.member_id(), other->name() + ": the same"},
           .remedy = "One is a copy, which must not run beside the other: set its data aside by "
                     "hand."}));
      continue;
    }
    Member* member = choice.members.add_members();
    member->set_id(data.member_id());
    member->set_name(node.name());
  }
  return choice;
}

Finding two_clusters(const Candidates& candidates) {
  std::vector<std::string> evidence;
  for (const auto& [id, candidate] : candidates) {
    const std::string answering = join(candidate.spec_nodes, ", ");
    evidence.push_back("cluster " + id + ": " + std::to_string(candidate.choice.members.members_size()) + " members, answered by " +
                       (answering.empty() ? "no node of the spec" : answering));
  }
  return make_finding(
      FindingKind::two_clusters,
      {.subject = "",
       .summary = "More than one cluster answers, and none of them has most of the spec's nodes.",
       .evidence = evidence,
       .remedy = "Correct the spec; or, where one of them does not belong here, stop its etcd: move its manifest out of "
                 "the kubelet's folder on its nodes, and plan again."});
}

}  // namespace

namespace {

ClusterChoice choose_among(const Spec& spec, const Observation& observation, const GivenUp& given_up) {
  Candidates candidates;
  for (const NodeObservation& node : observation.nodes()) add_endpoint(node.endpoint(), node.name(), given_up, candidates);
  for (const EtcdEndpoint& endpoint : observation.other_endpoints()) add_endpoint(endpoint, "", given_up, candidates);
  if (candidates.empty()) return from_data(observation, given_up);

  std::vector<const Candidate*> deciding;
  for (const auto& [id, candidate] : candidates) {
    if (decides(candidate.choice)) deciding.push_back(&candidate);
  }
  const auto majority = static_cast<std::size_t>(spec.spec().members_size()) / 2 + 1;
  if (deciding.size() == 1 && candidates.size() == 1) return deciding.front()->choice;
  for (const auto& [id, candidate] : candidates) {
    if (candidate.spec_nodes.size() < majority && candidates.size() > 1) continue;
    ClusterChoice choice = candidate.choice;
    if (!decides(choice)) choice.leader_id.clear();
    return choice;
  }
  ClusterChoice none;
  none.refusals.push_back(two_clusters(candidates));
  return none;
}

}  // namespace

ClusterChoice choose_cluster(const Spec& spec, const Observation& observation) {
  const GivenUp given_up(observation);
  ClusterChoice choice = choose_among(spec, observation, given_up);
  choice.given_up = given_up;
  return choice;
}

bool awaits_leader(const ClusterChoice& cluster) {
  return !decides(cluster) && has_quorum_among(cluster.members, cluster.answering);
}

}  // namespace quorate
