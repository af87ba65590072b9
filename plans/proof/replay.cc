// SPDX-License-Identifier: Apache-2.0
#include "plans/proof/replay.h"

#include <algorithm>

#include "plans/alarms.h"
#include "plans/lookup.h"
#include "plans/operation_text.h"
#include "plans/quorum.h"

namespace quorate {
namespace {

template <typename Take>
void for_each_endpoint(const Observation& observation, Take&& take) {
  for (const NodeObservation& node : observation.nodes()) take(node.endpoint());
  for (const EtcdEndpoint& endpoint : observation.other_endpoints()) take(endpoint);
}

// The list that knows most: a leader's word before a survivor's, and of these the newest.
const EtcdEndpoint* best_list(const Observation& observation, const std::string& cluster_id) {
  const EtcdEndpoint* best = nullptr;
  for_each_endpoint(observation, [&](const EtcdEndpoint& endpoint) {
    if (endpoint.status().cluster_id() != cluster_id || endpoint.member_list().members().empty()) return;
    const auto rank = [](const EtcdEndpoint& each) {
      return std::pair(!each.status().leader_id().empty(), each.status().raft_applied_index());
    };
    if (best == nullptr || rank(endpoint) > rank(*best)) best = &endpoint;
  });
  return best;
}

std::set<std::string> live_members(const Observation& observation, const std::string& cluster_id) {
  std::set<std::string> live;
  for_each_endpoint(observation, [&](const EtcdEndpoint& endpoint) {
    const EndpointStatus& status = endpoint.status();
    if (endpoint.has_status() && status.cluster_id() == cluster_id && !status.leader_id().empty()) live.insert(status.member_id());
  });
  return live;
}

// Empty: nobody knows one, or not all of them the same, as in the middle of an election.
std::string agreed_leader(const Observation& observation, const std::string& cluster_id) {
  std::set<std::string> leaders;
  for_each_endpoint(observation, [&](const EtcdEndpoint& endpoint) {
    const EndpointStatus& status = endpoint.status();
    if (status.cluster_id() == cluster_id && !status.leader_id().empty()) leaders.insert(status.leader_id());
  });
  return leaders.size() == 1 ? *leaders.begin() : "";
}

constexpr char api_server_manifest[] = "kube-apiserver.yaml";
constexpr char leases_of_api_servers[] = "/registry/masterleases/";

bool changes_membership(const Operation& operation) {
  return operation.has_member_add() || operation.has_member_remove() || operation.has_member_promote() ||
         operation.has_member_update() || operation.has_leader_move();
}

bool writes_authorities(const Step& step) {
  return std::any_of(step.operations().begin(), step.operations().end(),
                     [](const Operation& operation) { return operation.has_write_authorities(); });
}

}  // namespace

Replay::Replay(const Observation& observation, const Plan& plan) : abandons_(plan.abandoning()) {
  workstation_signs_with_ = observation.authority().subject();
  read_members(observation, plan.cluster_id());
  read_alarms(observation, plan.cluster_id());
  read_intents(plan);
  rotates_ = std::any_of(plan.steps().begin(), plan.steps().end(), writes_authorities);
  for (const NodeObservation& node : observation.nodes()) read_node(node, plan);
  if (restore_) read_restored(observation, plan.restored_cluster_id());
  had_quorum_ = quorum();
}

void Replay::read_members(const Observation& observation, const std::string& cluster_id) {
  const EtcdEndpoint* list = best_list(observation, cluster_id);
  if (list == nullptr) return;
  knows_members_ = true;
  leader_id_ = agreed_leader(observation, cluster_id);
  const std::set<std::string> live = live_members(observation, cluster_id);
  for (const Member& listed : list->member_list().members()) {
    ReplayedMember member;
    member.id = listed.id();
    member.name = listed.name();
    member.peer_urls = {listed.peer_urls().begin(), listed.peer_urls().end()};
    member.learner = listed.learner();
    member.started = !listed.name().empty();
    member.live = live.contains(listed.id());
    members_.push_back(member);
  }
}

void Replay::read_alarms(const Observation& observation, const std::string& cluster_id) {
  for (const NodeObservation& node : observation.nodes()) {
    const EtcdEndpoint& endpoint = node.endpoint();
    if (endpoint.status().cluster_id() != cluster_id) continue;
    for (const char* alarm : {no_space_alarm, corrupt_alarm}) {
      if (is_raised(endpoint.status(), alarm)) alarms_.insert(alarm);
    }
    ReplayedMember* member = member_of(endpoint.status().member_id());
    if (member != nullptr && endpoint.has_store_hash()) member->store = endpoint.store_hash();
  }
}

void Replay::read_intents(const Plan& plan) {
  for (const Intent& intent : plan.intents()) {
    if (intent.has_restore() && !plan.restored_cluster_id().empty()) restore_ = intent.restore();
    if (!intent.has_lost()) continue;
    lost_.insert(intent.lost().name());
    lost_.insert(intent.lost().member_id());
  }
  for (const ReplayedMember& member : members_) {
    if (lost_.contains(member.id)) lost_.insert(member.name);
  }
  work_folder_ = "/.quorate-" + plan.run_id() + "-restore";
}

void Replay::read_node(const NodeObservation& seen, const Plan& plan) {
  ReplayedNode node;
  node.answers = seen.has_facts();
  const NodeFacts& facts = seen.facts();
  node.kubelet = facts.kubelet().active_state() == "active";
  node.manifest_directory = facts.manifest_directory();
  node.data_path = facts.data_directory().path();
  for (const Manifest& manifest : facts.manifests()) node.manifests.insert(manifest.path());
  for (const auto* manifests : {&facts.manifests(), &facts.spare_manifests()}) {
    for (const Manifest& manifest : *manifests) {
      const absl::StatusOr<StaticPod> pod = read_static_pod(manifest.content());
      if (pod.ok() && pod->forces_new_cluster()) node.forcing.insert(manifest.path());
    }
  }
  // What nobody could see may be.
  const bool unseen = reason_unknown(facts, "containers") != nullptr || reason_unknown(facts, "processes") != nullptr;
  node.runs = unseen || seen.endpoint().has_status() || facts.processes_size() > 0 || container_runs(facts) ||
              (node.kubelet && !node.manifests.empty());
  for (const std::string& name : facts.other_manifest_names()) node.api_server = node.api_server || name == api_server_manifest;
  node.api_server_at_first = node.api_server;
  for (const SetAside& folder : facts.set_asides()) {
    if (folder.holds_member()) node.set_aside[folder.path()] = "";
    if (folder.path() != node.data_path + work_folder_) continue;
    node.snapshot = folder.snapshot_bytes() > 0;
    node.beside = folder.holds_restored();
  }
  read_data(facts, plan, node);
  highest_revision_ = std::max(highest_revision_, seen.endpoint().status().revision());
  // What serves says itself who it is, also where its log cannot be read.
  const EndpointStatus& status = seen.endpoint().status();
  if (seen.endpoint().has_status() && !node.restored_data && status.cluster_id() == plan.cluster_id())
    node.data_member = status.member_id();
  read_authorities(seen, node);
  nodes_[seen.name()] = node;
}

void Replay::read_data(const NodeFacts& facts, const Plan& plan, ReplayedNode& node) const {
  const DataDirectory& data = facts.data_directory();
  node.has_data = data.initialised() || reason_unknown(facts, "data_directory") != nullptr ||
                  reason_unknown(facts, "data_directory.initialised") != nullptr;
  node.occupied = node.has_data || !data.entries().empty();
  // What takes the place of a cluster that goes on has its ID too.
  const bool in_place = !keeps() || node.set_aside.contains(node.data_path + "/.quorate-" + plan.run_id());
  node.restored_data = restore_ && in_place && data.has_cluster_id() && data.cluster_id() == plan.restored_cluster_id();
  node.other_data =
      !node.restored_data && data.has_cluster_id() && data.cluster_id() != plan.cluster_id() && !comes_back(data.cluster_id());
  node.data_member = node.other_data ? "" : data.member_id();
}

Replay::ReplayedMember* Replay::member_of(const std::string& identity) {
  for (ReplayedMember& member : members_) {
    if (!identity.empty() && (member.id == identity || (member.id.empty() && member.peer_urls.contains(identity)))) return &member;
  }
  return nullptr;
}

Replay::ReplayedMember* Replay::learner_at(const std::string& peer_url) {
  for (ReplayedMember& member : members_) {
    if (member.learner && member.peer_urls.contains(peer_url)) return &member;
  }
  return nullptr;
}

std::size_t Replay::voters() const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(), [](const ReplayedMember& member) { return !member.learner; }));
}

std::size_t Replay::live_voters() const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(), [](const ReplayedMember& member) { return !member.learner && member.live; }));
}

bool Replay::quorum() const { return has_quorum(voters(), live_voters()); }

std::size_t Replay::live_without(const ReplayedMember& member) const {
  return live_voters() - (!member.learner && member.live ? 1 : 0);
}

bool Replay::has_learner() const {
  return std::any_of(members_.begin(), members_.end(), [](const ReplayedMember& member) { return member.learner; });
}

void Replay::begin(const Step& step) {
  says_writes_stop_ = step.effect().writes_stop_milliseconds() > 0;
  nodes_at_once_ = step.nodes_at_once();
  writes_stopped_ = false;
}

// One or two members: each is missed, and a step that says so may start one anew.
bool Replay::may_do_without_quorum() const { return says_writes_stop_ && voters() < 3; }

// An election follows, or a hand-over.
void Replay::lose_leader() {
  leader_id_.clear();
  writes_stopped_ = true;
}

std::optional<std::string> Replay::apply(const Operation& operation) {
  const bool had_quorum = quorum();
  Broken broken = apply_by_rules(operation);
  writes_stopped_ = writes_stopped_ || (had_quorum && !quorum());
  return broken;
}

Replay::Broken Replay::apply_by_rules(const Operation& operation) {
  const std::string worked_on = node_of(operation);
  const auto node = nodes_.find(worked_on);
  if (!worked_on.empty() && (node == nodes_.end() || !node->second.answers)) {
    return "nothing is done on a node that does not answer: " + worked_on;
  }
  if (!rotates_) return carry_out(operation);
  const std::map<std::string, ReplayedNode> before = nodes_;
  const Broken was_strange = stranger();
  if (Broken broken = carry_out(operation)) return broken;
  read_at_start(before);
  return was_strange ? std::nullopt : stranger();
}

Replay::Broken Replay::carry_out(const Operation& operation) {
  // For five seconds after a member has connected etcd refuses; who asks again is the step whose operations come one by one.
  if (nodes_at_once_ && changes_membership(operation)) return "the membership is changed where etcd may be asked again";
  switch (operation.kind_case()) {
    case Operation::kPutFile: return put_file(operation.put_file());
    case Operation::kMovePath: return move_path(operation.move_path());
    case Operation::kMoveEntries: return move_entries(operation.move_entries());
    case Operation::kRunCommand: return run_command(operation.run_command());
    case Operation::kMemberAdd: return add(operation.member_add());
    case Operation::kMemberRemove: return remove(operation.member_remove());
    case Operation::kMemberPromote: return promote(operation.member_promote());
    case Operation::kMemberUpdate: return update(operation.member_update());
    case Operation::kLeaderMove: return move_leader(operation.leader_move());
    case Operation::kRemoveContainers: return remove_containers(operation.remove_containers());
    case Operation::kDisarm: return disarm(operation.disarm().alarm());
    case Operation::kCompact:
    case Operation::kDeletePrefix: return write(operation);
    case Operation::kStreamSnapshot: return save(operation.stream_snapshot().node());
    case Operation::kSaveBackup: return save(operation.save_backup().node());
    case Operation::kSaveServed: return save(operation.save_served().node());
    case Operation::kSnapshotData: return copy_data(operation.snapshot_data().node());
    case Operation::kPutSnapshot: return put_snapshot(operation.put_snapshot());
    case Operation::kRestoreSnapshot: return restore_beside(operation.restore_snapshot());
    case Operation::kServeRestored: return serve_restored(operation.serve_restored());
    case Operation::kForceAlone: return force_alone(operation.force_alone());
    case Operation::kCheckStore: return check_store(operation.check_store());
    case Operation::kWriteAuthorities: return write_authorities(operation.write_authorities());
    case Operation::kIssueCertificate: return issue(operation.issue_certificate());
    case Operation::kCopyAuthority: return copy_authority(operation.copy_authority());
    // They change neither the membership nor a member's data.
    case Operation::kKubeadmJoin: return kubeadm_join(operation.kubeadm_join());
    case Operation::kKubeadmPreflight:
    case Operation::kMakeAuthority:
    case Operation::kFetchSnapshot:
    case Operation::kDefragmentStore: return std::nullopt;
    case Operation::KIND_NOT_SET: break;
  }
  return "an operation is of a kind that is known";
}

void Replay::take(const Fact& check) {
  for (auto& [name, node] : nodes_) {
    const bool shown = check.has_all_voters_serve() || check.etcd_serves().node() == name || check.serves_cluster().node() == name;
    if (!node.runs || !shown) continue;
    if (ReplayedMember* member = member_of(node.data_member)) member->live = true;
  }
  const auto received = nodes_.find(check.caught_up().node());
  if (received == nodes_.end()) return;
  if (ReplayedMember* member = member_of(received->second.data_member)) member->in_sync = true;
}

std::optional<std::string> Replay::end() const {
  if (abandons_) return std::nullopt;
  // A drill restores nothing that serves.
  const bool restores = restore_ && restore_->drill_node().empty();
  if ((had_quorum_ || restores) && !quorum()) return "what begins with a quorum, or restores, ends with one";
  const bool leaves_learner = std::any_of(members_.begin(), members_.end(),
                                          [](const ReplayedMember& member) { return member.learner && member.id.empty(); });
  return leaves_learner ? Broken("a learner that is added is a voter at the end") : std::nullopt;
}

Replay::Broken Replay::write(const Operation& operation) {
  if (!quorum()) return "without a quorum nothing is written";
  if (operation.has_delete_prefix() && operation.delete_prefix().prefix() != leases_of_api_servers)
    return "no key is deleted but the leases of API servers: " + operation.delete_prefix().prefix();
  leases_dropped_ = leases_dropped_ || operation.has_delete_prefix();
  return std::nullopt;
}

Replay::Broken Replay::disarm(const std::string& alarm) {
  if (!quorum()) return "without a quorum nothing is written";
  if (alarm == corrupt_alarm && stores_differ()) return "nothing is served while stores differ";
  alarms_.erase(alarm);
  return std::nullopt;
}

// As the voters that were there had them, at one revision and with one history.
bool Replay::stores_differ() const {
  std::map<std::pair<std::int64_t, std::int64_t>, std::uint32_t> hashes;
  return std::any_of(members_.begin(), members_.end(), [&](const ReplayedMember& member) {
    const HashOfStore& store = member.store;
    if (member.learner || store.revision() == 0) return false;
    const auto [first, is_new] = hashes.try_emplace({store.revision(), store.compact_revision()}, store.hash());
    return first->second != store.hash();
  });
}

std::string Replay::text() const {
  std::string voters_text;
  std::string learners_text;
  for (const ReplayedMember& member : members_) {
    const std::string& name = member.name.empty() ? *member.peer_urls.begin() : member.name;
    (member.learner ? learners_text : voters_text) += " " + name + (member.live ? "" : " (down)");
  }
  std::string running_text;
  for (const auto& [name, node] : nodes_) running_text += node.runs ? " " + name : "";
  return "voters" + (voters_text.empty() ? " none" : voters_text) + "; learners" +
         (learners_text.empty() ? " none" : learners_text) + "; etcd runs on" + (running_text.empty() ? " none" : running_text);
}

}  // namespace quorate
