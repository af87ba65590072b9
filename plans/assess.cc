// SPDX-License-Identifier: Apache-2.0
#include "plans/assess.h"

#include <algorithm>
#include <map>
#include <optional>

#include "plans/alarms.h"
#include "plans/bytes_text.h"
#include "plans/certificates.h"
#include "plans/cluster_authority.h"
#include "plans/disk_use.h"
#include "plans/drift.h"
#include "plans/finding.h"
#include "plans/findings/store.h"
#include "plans/intents.h"
#include "plans/lookup.h"
#include "plans/matching.h"
#include "plans/node_condition.h"
#include "plans/peer_addresses.h"
#include "plans/plan.h"
#include "plans/set_asides.h"
#include "plans/shared_arguments.h"
#include "plans/stores.h"

namespace quorate {
namespace {

// No node of the spec is its own, and a neighbour asked it: any answer counts.
bool answers_neighbour(const Observation& observation, const Member& member) {
  return std::any_of(observation.other_endpoints().begin(), observation.other_endpoints().end(),
                     [&](const EtcdEndpoint& endpoint) { return is_endpoint_of(member, endpoint) && answers_at_all(endpoint); });
}

MemberSituation member_situation(const Member& member, const Observation& observation, const ClusterChoice& cluster) {
  MemberSituation situation;
  situation.id = member.id();
  situation.name = member.name();
  situation.peer_url = member.peer_urls().empty() ? "" : member.peer_urls(0);
  if (member.peer_urls_size() > 1) situation.more_peer_urls.assign(member.peer_urls().begin() + 1, member.peer_urls().end());
  situation.learner = member.learner();
  situation.started = !member.name().empty();
  situation.live = cluster.live.contains(member.id());
  situation.answers = answers_neighbour(observation, member);
  return situation;
}

Situation first_look(const Observation& observation, const ClusterChoice& cluster) {
  Situation situation;
  situation.cluster_id = cluster.cluster_id;
  situation.leader_id = cluster.leader_id;
  for (const NodeObservation& node : observation.nodes()) {
    situation.nodes.push_back(node_condition(node, cluster, observation.taken_at_seconds()));
  }
  for (const Member& member : cluster.members.members())
    situation.members.push_back(member_situation(member, observation, cluster));
  for (const NodeObservation& node : observation.nodes()) {
    const EndpointStatus& status = node.endpoint().status();
    if (status.cluster_id() != situation.cluster_id) continue;
    situation.no_space = situation.no_space || is_raised(status, no_space_alarm);
    situation.corrupt = situation.corrupt || is_raised(status, corrupt_alarm);
  }
  return situation;
}

std::uint64_t database_bytes(const Observation& observation, const std::string& cluster_id) {
  std::uint64_t most = 0;
  for (const NodeObservation& node : observation.nodes()) {
    const EndpointStatus& status = node.endpoint().status();
    if (status.cluster_id() == cluster_id) most = std::max(most, status.database_bytes());
  }
  return most;
}

// Where fresh data is to come, the leader's whole database comes with it; what is there stays, set aside. Unknown room is not too
// little.
void mark_short_disks(const Observation& observation, Situation& situation, std::vector<Finding>& findings) {
  for (NodeSituation& node : situation.nodes) {
    const DataDirectory& data = find_node(observation, node.name)->facts().data_directory();
    if (!data.has_free_bytes()) continue;
    node.cannot_defragment = data.free_bytes() < find_node(observation, node.name)->endpoint().status().database_bytes_in_use();
    const bool keeps_data = node.data == DataState::own && !node.asserted_replace;
    const std::uint64_t copied = keeps_data ? 0 : database_bytes(observation, situation.cluster_id);
    const bool cannot_free = situation.no_space && node.cannot_defragment;
    if (data.free_bytes() >= copied + log_bytes && !cannot_free) continue;
    node.disk_short = true;
    std::vector<std::string> evidence = disk_use_text(data);
    if (copied > 0) evidence.push_back("etcd's database: " + text_of_bytes(copied));
    evidence.emplace_back("etcd's log: two files of 64 MiB");
    findings.push_back(make_finding(FindingKind::disk_short, {.subject = node.name,
                                                              .summary = "Its disk has too little room for a member's data.",
                                                              .evidence = evidence,
                                                              .remedy = "Make room: etcd ends when its disk is full."}));
  }
}

void mark_expired_set_asides(const Spec& spec, const Observation& observation, Situation& situation) {
  const RunRecord* run = unfinished_run(observation);
  for (NodeSituation& node : situation.nodes) {
    node.expired_set_asides = expired_set_asides(spec.spec().set_aside(), find_node(observation, node.name)->facts(),
                                                 run == nullptr ? "" : run_of_lease(run->run_id()), observation.taken_at_seconds());
  }
}

void mark_other_flags(const Spec& spec, const Observation& observation, Situation& situation) {
  const auto& wanted = spec.spec().etcd().extra_args();
  for (NodeSituation& node : situation.nodes) {
    const NodeObservation& seen = *find_node(observation, node.name);
    const std::optional<StaticPod> pod = current_pod(seen.facts());
    if (!pod) continue;
    node.other_flags = other_arguments({wanted.begin(), wanted.end()}, *pod);
    node.larger_quota = larger_quota(spec.spec().etcd(), *pod);
    const std::uint64_t quota = quota_bytes_by_then(spec.spec().etcd(), *pod);
    node.fits_quota = seen.endpoint().status().database_bytes() < quota - quota / 10;
  }
}

// Who goes on with a run replaces what that was approved to replace.
void mark_certificates(const Spec& spec, const Observation& observation, Situation& situation) {
  const RunRecord* run = unfinished_run(observation);
  for (NodeSituation& node : situation.nodes) {
    const NodeObservation& seen = *find_node(observation, node.name);
    const MemberSituation* member = node.member ? &situation.members[*node.member] : nullptr;
    node.serves_other_certificate = serves_other_certificate(seen);
    if (node.certificates_unseen || !seen.has_facts()) continue;
    node.certificates_to_renew =
        certificates_to_renew(spec.spec(), seen, member, node.etcd == EtcdState::serving, observation.taken_at_seconds());
    if (run == nullptr) continue;
    for (auto& [name, renewal] : node.certificates_to_renew) {
      renewal.waits = std::find(run->renews().begin(), run->renews().end(), renewal.fingerprint) == run->renews().end();
    }
  }
}

// The member that an unfinished run was to remove left by the plan that a person approved.
bool is_removed_by_run(const Observation& observation, const std::string& member_id) {
  const RunRecord* run = unfinished_run(observation);
  return run != nullptr && std::find(run->removes().begin(), run->removes().end(), member_id) != run->removes().end();
}

// A restore or a wiped first node can leave one member serving an empty or older cluster while the data of the real one lies on
// the others (etcd-facts 4.3). Most of the spec's nodes disagreeing is no reason to wipe them.
void refuse_if_majority_disagrees(const Observation& observation, Situation& situation, std::vector<Finding>& refusals) {
  std::vector<std::string> evidence;
  std::size_t own = 0;
  for (const NodeSituation& node : situation.nodes) {
    const DataDirectory& data = find_node(observation, node.name)->facts().data_directory();
    own += node.data == DataState::own ? 1 : 0;
    const bool disagrees = node.data == DataState::removed || node.data == DataState::foreign;
    if (!disagrees || node.asserted_replace || node.given_up() || is_removed_by_run(observation, data.member_id())) continue;
    evidence.push_back(node.name + ": data of another membership, newest " + data.newest_wal());
  }
  // With the others silent or stopped, the one that serves may be the one that was wiped and began anew: with the IDs that it had,
  // where it was the first (etcd-facts 4.3), so that a member that it does not list tells as little as another cluster's.
  const bool as_many_disagree = !evidence.empty() && evidence.size() >= own;
  if (!as_many_disagree && evidence.size() * 2 <= situation.nodes.size()) return;
  evidence.push_back("the serving cluster is at entry " + std::to_string(newest_index(observation, situation.cluster_id)));
  situation.decidable = false;
  refusals.push_back(make_finding(
      FindingKind::majority_disagrees,
      {.subject = "",
       .summary = "Not most of the spec's nodes that hold data hold the serving cluster's; it may be the wrong one.",
       .evidence = evidence,
       .remedy = "Find out which data is the cluster's. Where the serving one is right: --replace each of the others."}));
}

// A member's ID runs once. A copy that is stopped gets fresh data; of two that run a person must say which one is it.
void mark_copied_data(const Observation& observation, Situation& situation, std::vector<Finding>& refusals) {
  for (NodeSituation& node : situation.nodes) {
    const NodeObservation& seen = *find_node(observation, node.name);
    const bool serves = node.etcd == EtcdState::serving;
    const std::string shown = serves ? seen.endpoint().status().member_id() : seen.facts().data_directory().member_id();
    const bool bound = node.member && situation.members[*node.member].id == shown;
    const auto listed = std::find_if(situation.members.begin(), situation.members.end(),
                                     [&](const MemberSituation& member) { return member.id == shown; });
    if (shown.empty() || bound || listed == situation.members.end() || node.data != DataState::own) continue;
    node.data = DataState::copied;
    const bool runs = node.etcd == EtcdState::serving || node.etcd == EtcdState::starting;
    // Where none of them is known to be the member's own, a stopped one may be it too.
    if (!runs && listed->node) continue;
    refusals.push_back(make_finding(
        FindingKind::data_of_other_member,
        {.subject = node.name,
         .summary = std::string(runs ? "It runs with" : "It holds") + " the data of member " + shown + ", as another node does.",
         .evidence = {seen.facts().data_directory().path() + ": member " + shown},
         .remedy = "Stop the one that is the copy: move its etcd.yaml away, and set its data aside."}));
  }
}

bool answers(const Situation& situation, const MemberSituation& member) {
  return member.node && situation.nodes[*member.node].etcd == EtcdState::serving;
}

void cluster_findings(const Assessment& assessment, std::vector<Finding>& refusals) {
  const Situation& situation = assessment.situation;
  // Where no cluster could be chosen, nothing more can be said of one.
  if (situation.quorum() || !assessment.cluster.refusals.empty()) return;
  if (situation.members.empty()) {
    refusals.push_back(
        make_finding(FindingKind::no_cluster,
                     {.subject = "",
                      .summary = "No etcd answers, and no node shows data of a cluster.",
                      .remedy = "See that every node answers first: data that is still there needs no backup. Where it is gone: "
                                "--restore SNAPSHOT"}));
    return;
  }
  std::vector<std::string> evidence;
  for (const MemberSituation& member : situation.members) {
    evidence.push_back("member " + member.id + " " + (member.name.empty() ? "(never started)" : member.name) + ": " +
                       (member.live                  ? "live"
                        : answers(situation, member) ? "answers, but sees no leader"
                                                     : "does not answer"));
  }
  refusals.push_back(make_finding(
      FindingKind::no_quorum,
      {.subject = "",
       .summary = "The quorum is lost: of " + std::to_string(situation.voters()) + " voters " +
                  std::to_string(situation.live_voters()) + " know a leader.",
       .evidence = evidence,
       .remedy = "Bring members back as they are: that loses nothing. Do not restart what still serves: it would not serve "
                 "again. Save a snapshot of it first: quorate snapshot save. Where the others are gone for good: "
                 "--recover-quorum --survivor NODE"}));
}

const MemberSituation* member_of(const Situation& situation, const NodeSituation& node) {
  return node.member ? &situation.members[*node.member] : nullptr;
}

void member_findings(const Situation& situation, std::vector<Finding>& findings) {
  for (const MemberSituation& member : situation.members) {
    const std::string where = "member " + member.id + " at " + member.peer_url;
    if (!member.started) {
      findings.push_back(make_finding(FindingKind::unstarted_member,
                                      {.subject = member.node ? situation.nodes[*member.node].name : member.peer_url,
                                       .summary = "A member was added and never started.",
                                       .evidence = {where + (member.learner ? ", a learner" : ", a voter")}}));
    } else if (member.learner) {
      findings.push_back(make_finding(FindingKind::learner_left,
                                      {.subject = member.name, .summary = "A learner was not promoted.", .evidence = {where}}));
    }
  }
}

}  // namespace

Assessment assess(const Spec& spec, const Observation& observation, const std::vector<Intent>& intents) {
  Assessment assessment;
  assessment.cluster = choose_cluster(spec, observation);
  assessment.refusals = assessment.cluster.refusals;
  Situation& situation = assessment.situation;
  situation = first_look(observation, assessment.cluster);
  situation.decidable = assessment.refusals.empty();
  match_members(spec, observation, situation, assessment.refusals);
  mark_wrong_peer_urls(spec, observation, situation);
  mark_other_flags(spec, observation, situation);
  mark_moves(spec, observation, situation);
  mark_certificates(spec, observation, situation);
  mark_signing(spec, observation, situation, assessment.findings);
  mark_foreign_authorities(observation, situation);
  mark_copied_data(observation, situation, assessment.refusals);
  mark_corrupt_stores(observation, assessment.cluster.members, situation);
  assessment.intents = apply_intents(intents, observation, situation, assessment.refusals);
  mark_short_disks(observation, situation, assessment.findings);
  mark_expired_set_asides(spec, observation, situation);
  refuse_if_majority_disagrees(observation, situation, assessment.refusals);
  cluster_findings(assessment, assessment.refusals);
  for (const NodeSituation& node : situation.nodes) {
    const std::vector<Finding> findings = node_findings(*find_node(observation, node.name), node, member_of(situation, node),
                                                        spec.spec(), observation.taken_at_seconds());
    assessment.findings.insert(assessment.findings.end(), findings.begin(), findings.end());
  }
  member_findings(situation, assessment.findings);
  store_findings(observation, assessment.cluster.members, situation, assessment.findings);
  assessment.drift = find_drift(spec, observation, situation);
  if (!assessment.refusals.empty()) situation.decidable = false;
  // Starting stopped members needs no quorum: it is the mildest way back to one.
  const bool only_quorum = assessment.refusals.size() == 1 && assessment.refusals[0].kind() == name_of(FindingKind::no_quorum);
  if (only_quorum) situation.decidable = true;
  return assessment;
}

}  // namespace quorate
