// SPDX-License-Identifier: Apache-2.0
#include "plans/facts.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "plans/alarms.h"
#include "plans/bytes_text.h"
#include "plans/images.h"
#include "plans/log_causes.h"
#include "plans/lookup.h"
#include "plans/quorum.h"
#include "plans/shared_arguments.h"
#include "plans/stores.h"
#include "plans/verdicts.h"

namespace quorate {
namespace {

const Member* with_peer_url(const MemberList& list, const std::string& url) {
  for (const Member& member : list.members()) {
    if (std::find(member.peer_urls().begin(), member.peer_urls().end(), url) != member.peer_urls().end()) return &member;
  }
  return nullptr;
}

// What was not seen is not absent: the first of the facts that the node could not tell.
std::optional<Verdict> unseen(const NodeFacts& facts, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (const std::string* reason = reason_unknown(facts, name)) return unknown(name + " cannot be seen: " + *reason);
  }
  return std::nullopt;
}

bool listens_on_etcd_port(const NodeFacts& facts) {
  return std::any_of(facts.listeners().begin(), facts.listeners().end(),
                     [](const Listener& listener) { return listener.port() >= 2379 && listener.port() <= 2381; });
}

// Why etcd does not answer, by its port and by the log of its newest container. A first attempt may fail for what is over by the
// second.
Verdict silent(const NodeObservation& node) {
  const std::string& problem = node.endpoint().problem();
  Verdict verdict = no("its client port does not answer" + (problem.empty() ? "" : ": " + problem));
  if (!node.has_facts() || node.facts().containers().empty()) return verdict;
  const Container& newest = node.facts().containers(0);
  const std::optional<LogFinding> found = cause_in_log({newest.log_tail().begin(), newest.log_tail().end()});
  if (!found) return verdict;
  verdict.because += "; etcd's log: " + found->line;
  verdict.lasting = newest.state() == "CONTAINER_EXITED" && newest.attempt() > 0 && needs_person(found->cause);
  return verdict;
}

}  // namespace

FactReader::FactReader(const Spec& spec, const Observation& observation)
    : spec_(spec), observation_(observation), cluster_(choose_cluster(spec, observation)) {}

const NodeFacts* FactReader::facts_of(const std::string& node) const {
  const NodeObservation* seen = find_node(observation_, node);
  return seen == nullptr || !seen->has_facts() ? nullptr : &seen->facts();
}

Verdict FactReader::read(const Fact& fact) const {
  switch (fact.kind_case()) {
    case Fact::kMemberListed: return member_listed(fact.member_listed());
    case Fact::kMemberAbsent: return member_absent(fact.member_absent());
    case Fact::kMembershipIs: return membership_is(fact.membership_is());
    case Fact::kEtcdStopped: return etcd_stopped(fact.etcd_stopped());
    case Fact::kEtcdServes: return etcd_serves(fact.etcd_serves());
    case Fact::kCaughtUp: return caught_up(fact.caught_up());
    case Fact::kQuorumWithout: return quorum_without(fact.quorum_without());
    case Fact::kDataAbsent: return data_absent(fact.data_absent());
    case Fact::kManifestIs: return manifest_is(fact.manifest_is());
    case Fact::kNodeAnswers: return node_answers(fact.node_answers());
    case Fact::kNodeSilent: return node_silent(fact.node_silent());
    case Fact::kCertificatesGood: return certificates_good(fact.certificates_good());
    case Fact::kAuthorityPresent: return authority_present(fact.authority_present());
    case Fact::kLeaderIsNot: return leader_is_not(fact.leader_is_not());
    case Fact::kAllVotersServe: return all_voters_serve();
    case Fact::kApiServerReady: return api_server_ready(fact.api_server_ready());
    case Fact::kManifestAbsent: return manifest_absent(fact.manifest_absent());
    case Fact::kDataOwnerIs: return data_owner_is(fact.data_owner_is());
    case Fact::kNoLearner: return no_learner(fact.no_learner());
    case Fact::kDataIs: return data_is(fact.data_is());
    case Fact::kEtcdRuns: return etcd_runs(fact.etcd_runs());
    case Fact::kKubeletActive: return kubelet_active(fact.kubelet_active());
    case Fact::kPeerUrlIs: return peer_url_is(fact.peer_url_is());
    case Fact::kSnapshotPresent: return snapshot_present(fact.snapshot_present());
    case Fact::kRestoredPresent: return restored_present(fact.restored_present());
    case Fact::kControlPlaneStopped: return control_plane_stopped(fact.control_plane_stopped());
    case Fact::kDataOfCluster: return data_of_cluster(fact.data_of_cluster());
    case Fact::kServesCluster: return serves_cluster(fact.serves_cluster());
    case Fact::kManifestsPlaced: return manifests_placed(fact.manifests_placed());
    case Fact::kClusterGivenUp: return cluster_given_up(fact.cluster_given_up());
    case Fact::kStoreBelow: return store_below(fact.store_below());
    case Fact::kStoresAgree: return stores_agree();
    case Fact::kRunsWith: return runs_with(fact.runs_with());
    case Fact::kAlarmOff: return alarm_off(fact.alarm_off());
    case Fact::kImagePresent: return image_present(fact.image_present());
    case Fact::kKubeadmJoined: return kubeadm_joined(fact.kubeadm_joined());
    case Fact::kAuthoritiesAre: return authorities_are(fact.authorities_are());
    case Fact::kAuthoritiesTrusted: return authorities_trusted(fact.authorities_trusted());
    case Fact::kNextAuthorityIs: return next_authority_is(fact.next_authority_is());
    case Fact::KIND_NOT_SET: break;
  }
  return unknown("a fact of a kind that this version does not know");
}

Verdict FactReader::member_listed(const Fact::MemberListed& fact) const {
  if (cluster_.leader_id.empty()) return unknown("no quorum answers");
  const Member* member = with_peer_url(cluster_.members, fact.peer_url());
  if (member == nullptr) return no("no member has the peer URL " + fact.peer_url());
  if (!fact.member_id().empty() && member->id() != fact.member_id()) return no("member " + member->id() + " has it");
  return when(member->learner() == fact.learner(), member->learner() ? "it is a learner" : "it is a voter");
}

Verdict FactReader::member_absent(const Fact::MemberAbsent& fact) const {
  if (cluster_.leader_id.empty()) return unknown("no quorum answers");
  const Member* member =
      fact.member_id().empty() ? with_peer_url(cluster_.members, fact.peer_url()) : find_member(cluster_.members, fact.member_id());
  return when(member == nullptr, "the member list still has it");
}

Verdict FactReader::membership_is(const Fact::MembershipIs& fact) const {
  if (cluster_.leader_id.empty()) return unknown("no quorum answers");
  std::vector<std::string> urls;
  for (const Member& member : cluster_.members.members()) {
    urls.insert(urls.end(), member.peer_urls().begin(), member.peer_urls().end());
  }
  std::sort(urls.begin(), urls.end());
  const std::vector<std::string> wanted(fact.peer_urls().begin(), fact.peer_urls().end());
  return when(urls == wanted, "the members' peer URLs are " + join(urls, ", "));
}

Verdict FactReader::etcd_stopped(const Fact::EtcdStopped& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  if (container_runs(*facts)) return no("a container of etcd runs");
  if (facts->processes_size() > 0) return no("a process of etcd runs");
  if (listens_on_etcd_port(*facts)) return no("something listens on etcd's ports");
  if (facts->data_directory().held()) return no("a process has the database open");
  if (!facts->manifests().empty()) return no("a manifest of etcd is still there");
  // One that crashes is started again and again; a kubelet that is late, or in the middle of that, does it once more.
  if (may_start_again(*facts)) return no("the kubelet may start etcd once more in its pod");
  return unseen(*facts, {"containers", "ready_pods", "processes", "listeners"}).value_or(yes());
}

Verdict FactReader::etcd_serves(const Fact::EtcdServes& fact) const {
  const NodeObservation* node = find_node(observation_, fact.node());
  if (node == nullptr) return unknown(fact.node() + " is not in the spec");
  if (!node->endpoint().has_status()) return silent(*node);
  const EndpointStatus& status = node->endpoint().status();
  if (status.cluster_id() != cluster_.cluster_id) return no("it serves cluster " + status.cluster_id());
  if (status.learner() != fact.learner()) return no(status.learner() ? "it is a learner" : "it is a voter");
  if (find_member(cluster_.members, status.member_id()) == nullptr) return no("its member is not listed");
  return when(!status.leader_id().empty(), "it sees no leader");
}

Verdict FactReader::etcd_runs(const Fact::EtcdRuns& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  if (quorate::etcd_runs(*facts)) return yes();
  return unseen(*facts, {"containers", "processes"}).value_or(no("no container of etcd runs"));
}

Verdict FactReader::caught_up(const Fact::CaughtUp& fact) const {
  const NodeObservation* node = find_node(observation_, fact.node());
  if (node == nullptr || !node->endpoint().has_status()) return no("its client port does not answer");
  const std::uint64_t newest = newest_index(observation_, cluster_.cluster_id);
  const std::uint64_t applied = node->endpoint().status().raft_applied_index();
  if (applied + fact.within() >= newest) return yes();
  return no("it is " + std::to_string(newest - applied) + " entries behind");
}

Verdict FactReader::quorum_without(const Fact::QuorumWithout& fact) const {
  if (cluster_.leader_id.empty()) return no("there is no quorum");
  std::size_t voters = 0;
  std::size_t live = 0;
  for (const Member& member : cluster_.members.members()) {
    if (member.learner() || member.id() == fact.member_id()) continue;
    ++voters;
    live += cluster_.live.count(member.id());
  }
  return when(has_quorum(voters, live),
              "of the " + std::to_string(voters) + " other voters only " + std::to_string(live) + " are live");
}

Verdict FactReader::data_absent(const Fact::DataAbsent& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  const DataDirectory& data = facts->data_directory();
  if (data.initialised()) return no(data.path() + " holds data");
  if (const std::optional<Verdict> verdict = unseen(*facts, {"data_directory", "data_directory.initialised"})) return *verdict;
  return when(!data.exists() || data.entries().empty(), data.path() + " is not empty");
}

Verdict FactReader::data_is(const Fact::DataIs& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  if (const std::optional<Verdict> verdict = unseen(*facts, {"data_directory", "data_directory.member_id"})) return *verdict;
  return when(facts->data_directory().member_id() == fact.member_id(),
              "its data is of member " + facts->data_directory().member_id());
}

Verdict FactReader::data_owner_is(const Fact::DataOwnerIs& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  const DataDirectory& data = facts->data_directory();
  const bool member_right = data.member_owner().empty() || data.member_owner() == fact.owner();
  return when(data.owner() == fact.owner() && member_right, "its owner is " + data.owner());
}

Verdict FactReader::manifest_is(const Fact::ManifestIs& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  for (const Manifest& manifest : facts->manifests()) {
    if (manifest.path() == fact.path()) return when(manifest.sha256() == fact.sha256(), "its content is another");
  }
  return no("it is not there");
}

Verdict FactReader::manifest_absent(const Fact::ManifestAbsent& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  const bool there = std::any_of(facts->manifests().begin(), facts->manifests().end(),
                                 [&](const Manifest& manifest) { return manifest.path() == fact.path(); });
  return when(!there, "it is still there");
}

Verdict FactReader::node_answers(const Fact::NodeAnswers& fact) const {
  const NodeObservation* node = find_node(observation_, fact.node());
  return when(node != nullptr && node->has_facts(), node == nullptr ? "it is not in the spec" : node->ssh().detail());
}

bool FactReader::answers_neighbour(const std::string& member_id) const {
  const Member* member = find_member(cluster_.members, member_id);
  const auto& endpoints = observation_.other_endpoints();
  return member != nullptr && std::any_of(endpoints.begin(), endpoints.end(), [&](const EtcdEndpoint& endpoint) {
           return is_endpoint_of(*member, endpoint) && answers_at_all(endpoint);
         });
}

Verdict FactReader::node_silent(const Fact::NodeSilent& fact) const {
  if (cluster_.live.contains(fact.member_id())) return no("its etcd answers");
  const NodeObservation* node = find_node(observation_, fact.node());
  if (node == nullptr) return when(!answers_neighbour(fact.member_id()), "its etcd's ports answer a neighbour");
  if (node->ssh().state() != SshState::UNREACHABLE) return no("it answers SSH");
  return when(!node->endpoint().port_open(), "its etcd's port answers a neighbour");
}

Verdict FactReader::leader_is_not(const Fact::LeaderIsNot& fact) const {
  if (cluster_.leader_id.empty()) return unknown("no leader is known");
  return when(cluster_.leader_id != fact.member_id(), "it still leads");
}

Verdict FactReader::all_voters_serve() const {
  if (cluster_.leader_id.empty()) return no("there is no quorum");
  for (const Member& member : cluster_.members.members()) {
    if (member.learner() || cluster_.live.contains(member.id())) continue;
    return no("member " + member.id() + " " + member.name() + " does not serve");
  }
  return yes();
}

Verdict FactReader::store_below(const Fact::StoreBelow& fact) const {
  const NodeObservation* node = find_node(observation_, fact.node());
  if (node == nullptr || !node->endpoint().has_status()) return no("its client port does not answer");
  const EndpointStatus& status = node->endpoint().status();
  const std::string larger = has_larger_quota(spec_.spec().etcd(), fact.bytes())
                                 ? "bring every voter back, so that the spec's larger quota-backend-bytes can be set"
                                 : "give etcd a larger quota-backend-bytes in the spec's extraArgs";
  return when(status.database_bytes() < fact.bytes(),
              "it has " + text_of_bytes(status.database_bytes()) + ", of which " + text_of_bytes(status.database_bytes_in_use()) +
                  " are in use: something fills it; find and delete that, or " + larger + ", then: quorate abandon, quorate plan");
}

Verdict FactReader::runs_with(const Fact::RunsWith& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  if (facts->processes_size() != 1)
    return no(facts->processes().empty() ? "no process of etcd runs" : "several processes of etcd run");
  const auto& words = facts->processes(0).arguments();
  const std::map<std::string, std::string> running = arguments_of({words.begin(), words.end()});
  for (const auto& [flag, value] : std::map<std::string, std::string>(fact.flags().begin(), fact.flags().end())) {
    const auto found = running.find(flag);
    if (found == running.end()) return no("its etcd runs without --" + flag);
    if (found->second != value) return no("its etcd runs with --" + flag + "=" + found->second);
  }
  return when(true, "");
}

Verdict FactReader::stores_agree() const {
  const StoreComparison comparison = compare_stores(observation_, cluster_.cluster_id, cluster_.members);
  return when(comparison.agree, comparison.because);
}

Verdict FactReader::alarm_off(const Fact::AlarmOff& fact) const {
  if (cluster_.leader_id.empty()) return unknown("no quorum answers");
  for (const NodeObservation& node : observation_.nodes()) {
    const EndpointStatus& status = node.endpoint().status();
    if (status.cluster_id() == cluster_.cluster_id && is_raised(status, fact.alarm()))
      return no(node.name() + " still knows of it");
  }
  return yes();
}

Verdict FactReader::no_learner(const Fact::NoLearner& fact) const {
  if (cluster_.leader_id.empty()) return unknown("no quorum answers");
  for (const Member& member : cluster_.members.members()) {
    const bool meant = !member.peer_urls().empty() && member.peer_urls(0) == fact.except_peer_url();
    if (member.learner() && !meant) return no("member " + member.id() + " is a learner");
  }
  return yes();
}

Verdict FactReader::api_server_ready(const Fact::ApiServerReady& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  // A node without a client that could ask says nothing; etcd's own checks stand.
  if (!facts->has_api_server_ready()) return yes();
  return when(facts->api_server_ready(), "the API server is not ready");
}

Verdict FactReader::kubelet_active(const Fact::KubeletActive& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  return when(facts->kubelet().active_state() == "active", "the kubelet is " + facts->kubelet().active_state());
}

Verdict FactReader::peer_url_is(const Fact::PeerUrlIs& fact) const {
  const Member* member = find_member(cluster_.members, fact.member_id());
  if (member == nullptr) return no("member " + fact.member_id() + " is not listed");
  return when(member->peer_urls_size() == 1 && member->peer_urls(0) == fact.peer_url(), "it has another peer URL");
}

Verdict FactReader::snapshot_present(const Fact::SnapshotPresent& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  const auto& folders = facts->set_asides();
  return when(std::any_of(folders.begin(), folders.end(),
                          [&](const SetAside& folder) {
                            if (folder.snapshot_bytes() == 0) return false;
                            return fact.sha256().empty() ? folder.path() == fact.folder()
                                                         : folder.snapshot_sha256() == fact.sha256();
                          }),
              "it is not there, or not proven");
}

Verdict FactReader::restored_present(const Fact::RestoredPresent& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  const auto& folders = facts->set_asides();
  return when(std::any_of(folders.begin(), folders.end(),
                          [&](const SetAside& folder) { return folder.path() == fact.folder() && folder.holds_restored(); }),
              "it is not there");
}

Verdict FactReader::control_plane_stopped(const Fact::ControlPlaneStopped& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  if (const std::optional<Verdict> verdict = unseen(*facts, {"processes"})) return *verdict;
  const auto& running = facts->control_plane_processes();
  return when(running.empty(), join({running.begin(), running.end()}, ", ") + " still runs");
}

Verdict FactReader::data_of_cluster(const Fact::DataOfCluster& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  if (const std::optional<Verdict> verdict = unseen(*facts, {"data_directory", "data_directory.cluster_id"})) return *verdict;
  return when(facts->data_directory().cluster_id() == fact.cluster_id(),
              facts->data_directory().initialised() ? "its data is of cluster " + facts->data_directory().cluster_id()
                                                    : "it holds no data");
}

Verdict FactReader::serves_cluster(const Fact::ServesCluster& fact) const {
  const NodeObservation* node = find_node(observation_, fact.node());
  if (node == nullptr) return unknown(fact.node() + " is not in the spec");
  if (!node->endpoint().has_status()) return silent(*node);
  const EndpointStatus& status = node->endpoint().status();
  if (status.cluster_id() != fact.cluster_id()) return no("it serves cluster " + status.cluster_id());
  if (status.learner()) return no("it is a learner");
  return when(!status.leader_id().empty(), "it sees no leader");
}

Verdict FactReader::manifests_placed(const Fact::ManifestsPlaced& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  const auto is_there = [&](const std::string& name) {
    const auto& others = facts->other_manifest_names();
    const bool of_etcd = std::any_of(facts->manifests().begin(), facts->manifests().end(),
                                     [&](const Manifest& manifest) { return base_name(manifest.path()) == name; });
    return of_etcd || std::find(others.begin(), others.end(), name) != others.end();
  };
  for (const std::string& name : fact.names()) {
    if (!is_there(name)) return no(name + " is not there");
  }
  return yes();
}

Verdict FactReader::cluster_given_up(const Fact::ClusterGivenUp& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  return when(has_tombstone(*facts, fact.cluster_id()), "it is not written down there");
}

Verdict FactReader::kubeadm_joined(const Fact::KubeadmJoined& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  const std::string mark = fact.folder() + (fact.finished() ? "/kubeadm-finished" : "/kubeadm-joined");
  const auto& marks = facts->kubeadm_marks();
  return when(std::find(marks.begin(), marks.end(), mark) != marks.end(), mark + " is not there");
}

Verdict FactReader::image_present(const Fact::ImagePresent& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  return when(has_image(*facts, fact.image()), "it is not there");
}

}  // namespace quorate
