// SPDX-License-Identifier: Apache-2.0
#include "plans/proof/replay.h"

#include <algorithm>

#include "plans/lookup.h"
#include "plans/operation_text.h"
#include "plans/quorum.h"

namespace quorate {
namespace {

constexpr char quorates_folders[] = "/.quorate-";

bool is_in(const std::string& path, const std::string& directory) { return folder_of(path) == directory; }

// The list that knows most: a leader's word before a survivor's, and of these the newest.
const EtcdEndpoint* best_list(const Observation& observation, const std::string& cluster_id) {
  const EtcdEndpoint* best = nullptr;
  const auto take = [&](const EtcdEndpoint& endpoint) {
    if (endpoint.status().cluster_id() != cluster_id || endpoint.member_list().members().empty()) return;
    const auto rank = [](const EtcdEndpoint& each) {
      return std::pair(!each.status().leader_id().empty(), each.status().raft_applied_index());
    };
    if (best == nullptr || rank(endpoint) > rank(*best)) best = &endpoint;
  };
  for (const NodeObservation& node : observation.nodes()) take(node.endpoint());
  for (const EtcdEndpoint& endpoint : observation.other_endpoints()) take(endpoint);
  return best;
}

std::set<std::string> live_members(const Observation& observation, const std::string& cluster_id) {
  std::set<std::string> live;
  const auto take = [&](const EtcdEndpoint& endpoint) {
    const EndpointStatus& status = endpoint.status();
    if (endpoint.has_status() && status.cluster_id() == cluster_id && !status.leader_id().empty()) live.insert(status.member_id());
  };
  for (const NodeObservation& node : observation.nodes()) take(node.endpoint());
  for (const EtcdEndpoint& endpoint : observation.other_endpoints()) take(endpoint);
  return live;
}

}  // namespace

Replay::Replay(const Observation& observation, const std::string& cluster_id) {
  read_members(observation, cluster_id);
  for (const NodeObservation& node : observation.nodes()) read_node(node, cluster_id);
}

void Replay::read_members(const Observation& observation, const std::string& cluster_id) {
  const EtcdEndpoint* list = best_list(observation, cluster_id);
  if (list == nullptr) return;
  knows_members_ = true;
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

void Replay::read_node(const NodeObservation& seen, const std::string& cluster_id) {
  ReplayedNode node;
  node.answers = seen.has_facts();
  const NodeFacts& facts = seen.facts();
  node.kubelet = facts.kubelet().active_state() == "active";
  node.manifest_directory = facts.manifest_directory();
  node.data_path = facts.data_directory().path();
  for (const Manifest& manifest : facts.manifests()) node.manifests.insert(manifest.path());
  node.runs = seen.endpoint().has_status() || facts.processes_size() > 0 || container_runs(facts) ||
              (node.kubelet && !node.manifests.empty());
  for (const SetAside& folder : facts.set_asides()) {
    if (folder.holds_member()) node.set_aside.insert(folder.path());
  }
  const DataDirectory& data = facts.data_directory();
  node.has_data = data.initialised();
  node.other_data = data.has_cluster_id() && data.cluster_id() != cluster_id;
  node.data_member = node.other_data ? "" : data.member_id();
  nodes_[seen.name()] = node;
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

std::optional<std::string> Replay::apply(const Operation& operation) {
  const std::string worked_on = node_of(operation);
  const auto node = nodes_.find(worked_on);
  if (!worked_on.empty() && (node == nodes_.end() || !node->second.answers)) {
    return "nothing is done on a node that does not answer: " + worked_on;
  }
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
    case Operation::kCompact:
    case Operation::kDisarm:
    case Operation::kDeletePrefix: return quorum() ? std::nullopt : Broken("without a quorum nothing is written");
    // They change neither the membership nor a member's data.
    case Operation::kCopyAuthority:
    case Operation::kIssueCertificate:
    case Operation::kStreamSnapshot:
    case Operation::kSaveBackup:
    case Operation::kSaveServed:
    case Operation::kSnapshotData:
    case Operation::kFetchSnapshot:
    case Operation::kPutSnapshot:
    case Operation::kRestoreSnapshot:
    case Operation::kServeRestored:
    case Operation::kForceAlone:
    case Operation::kCheckStore:
    case Operation::kDefragmentStore: return std::nullopt;
    case Operation::KIND_NOT_SET: break;
  }
  return "an operation is of a kind that is known";
}

Replay::Broken Replay::put_file(const PutFile& put) {
  ReplayedNode& node = nodes_.at(put.node());
  if (!is_in(put.path(), node.manifest_directory)) return std::nullopt;
  const absl::StatusOr<StaticPod> pod = read_static_pod(put.content());
  if (!pod.ok()) return "a manifest that is written can be read: " + put.path();
  if (!claims_etcd(*pod, node.data_path)) return std::nullopt;
  node.manifests.insert(put.path());
  return start(put.node(), node, *pod);
}

Replay::Broken Replay::move_path(const MovePath& move) {
  ReplayedNode& node = nodes_.at(move.node());
  if (node.manifests.erase(move.from()) > 0) {
    if (is_in(move.to(), node.manifest_directory)) return "a manifest is parked where the kubelet does not see it";
    return node.manifests.empty() ? stop(move.node(), node) : std::nullopt;
  }
  const bool is_etcds = is_in(move.to(), node.manifest_directory) && base_name(move.to()) == "etcd.yaml";
  if (!is_etcds) return std::nullopt;
  node.manifests.insert(move.to());
  return node.kubelet ? start_again(move.node(), node) : std::nullopt;
}

Replay::Broken Replay::move_entries(const MoveEntries& move) {
  ReplayedNode& node = nodes_.at(move.node());
  if (move.from() != node.data_path) return std::nullopt;
  if (node.runs) return "data is moved only where etcd is stopped, and " + move.node() + "'s may run";
  const ReplayedMember* member = member_of(node.data_member);
  // One that serves all the same does so from another node, and this is a copy.
  if (member != nullptr && !member->live && !quorum()) {
    return "without a quorum every member's data stays where it is, and " + move.node() + " has one's";
  }
  if (!knows_members_ && node.has_data && !node.other_data) return "while nobody says who is a member all data stays where it is";
  node.set_aside.insert(move.to());
  node.has_data = false;
  node.other_data = false;
  node.data_member.clear();
  return std::nullopt;
}

Replay::Broken Replay::run_command(const RunCommand& command) const {
  if (command.arguments_size() == 0 || command.arguments(0) != "rm") return std::nullopt;
  const std::set<std::string>& kept = nodes_.at(command.node()).set_aside;
  const bool whole = quorum() && live_voters() == voters();
  for (const std::string& argument : command.arguments()) {
    if (argument.rfind('/', 0) != 0) continue;
    if (argument.find(quorates_folders) == std::string::npos) return "nothing is deleted but what quorate made: " + argument;
    if (kept.contains(argument) && !whole) return "what was set aside is deleted only while every voter serves: " + argument;
  }
  return std::nullopt;
}

// etcd's strict check (mayAddMember): a quorum, and every voter connected; and one learner at a time (isTooManyLearners).
Replay::Broken Replay::add(const MemberAdd& add) {
  for (const ReplayedMember& member : members_) {
    if (member.peer_urls.contains(add.peer_url())) return "no two members have one peer URL: " + add.peer_url();
  }
  if (!quorum()) return "without a quorum no member is added";
  if (live_voters() < voters()) return "no member is added while a voter is down";
  if (has_learner()) return "while there is a learner nothing else changes the membership";
  ReplayedMember member;
  member.peer_urls = {add.peer_url()};
  member.learner = true;
  members_.push_back(member);
  return std::nullopt;
}

Replay::Broken Replay::remove(const MemberRemove& remove) {
  ReplayedMember* member = remove.member_id().empty() ? learner_at(remove.learner_peer_url()) : member_of(remove.member_id());
  // A learner that was not added, or is a voter by now, is left alone.
  if (member == nullptr && remove.member_id().empty()) return std::nullopt;
  if (member == nullptr) return "only a listed member is removed";
  if (!quorum()) return "without a quorum no member is removed";
  const std::size_t voters_left = voters() - (member->learner ? 0 : 1);
  if (!has_quorum(voters_left, live_without(*member))) return "a removal leaves a quorum of those that are left";
  if (!member->learner && has_learner()) return "while there is a learner nothing else changes the membership";
  members_.erase(members_.begin() + (member - members_.data()));
  return std::nullopt;
}

// etcd's mayPromote: started, in sync (which the step before has waited for), and a quorum of the new size.
Replay::Broken Replay::promote(const MemberPromote& promote) {
  ReplayedMember* member = learner_at(promote.peer_url());
  if (member == nullptr) return "only a learner is promoted";
  if (!quorum()) return "without a quorum no member is promoted";
  if (!member->started || !member->live) return "a learner is promoted once it serves";
  if (!has_quorum(voters() + 1, live_voters() + 1)) return "a quorum of the new size is live when a learner is promoted";
  member->learner = false;
  return std::nullopt;
}

Replay::Broken Replay::update(const MemberUpdate& update) {
  ReplayedMember* member = member_of(update.member_id());
  if (member == nullptr) return "only a listed member's URL is changed";
  if (!quorum()) return "without a quorum no member's URL is changed";
  // Before 3.5.31 and 3.6.12 that makes it a voter (etcd#20793).
  if (member->learner) return "a learner's URL stays as it is";
  member->peer_urls = {update.peer_url()};
  return std::nullopt;
}

Replay::Broken Replay::move_leader(const LeaderMove& move) {
  const ReplayedMember* member = member_of(move.to_member_id());
  if (member == nullptr || member->learner || !member->live) return "leadership is handed to a voter that serves";
  return quorum() ? std::nullopt : Broken("without a quorum there is no leadership to hand on");
}

Replay::Broken Replay::start(const std::string& name, ReplayedNode& node, const StaticPod& pod) {
  const bool forces = std::any_of(pod.command.begin(), pod.command.end(),
                                  [](const std::string& word) { return word.rfind("--force-new-cluster", 0) == 0; });
  if (forces) return "force-new-cluster is in no manifest, where each start would act on it";
  if (!node.kubelet) return std::nullopt;
  if (node.has_data) return start_again(name, node);
  std::set<std::string> urls;
  for (const std::string& url : split(pod.argument("initial-advertise-peer-urls").value_or(""), ',')) urls.insert(url);
  if (pod.argument("initial-cluster-state") != "existing")
    return "etcd without data starts as a member of the cluster that there is";
  return start_fresh(name, node, urls);
}

// With no data, or another's, a voter would have forgotten what it acknowledged.
Replay::Broken Replay::start_fresh(const std::string& name, ReplayedNode& node, const std::set<std::string>& peer_urls) {
  for (const std::string& url : peer_urls) {
    ReplayedMember* member = learner_at(url);
    if (member == nullptr || member->started) continue;
    member->started = true;
    member->live = quorum();
    member->name = name;
    node.runs = true;
    node.has_data = true;
    node.data_member = member->id.empty() ? url : member->id;
    return std::nullopt;
  }
  return "etcd is started without data only as a learner that has not started before: " + name;
}

Replay::Broken Replay::start_again(const std::string& name, ReplayedNode& node) {
  if (node.other_data) return "data of another cluster is not started: " + name;
  ReplayedMember* member = member_of(node.data_member);
  if (knows_members_ && member == nullptr) return "data of a member that is not listed is not started: " + name;
  for (const auto& [other_name, other] : nodes_) {
    const bool same = !node.data_member.empty() && other.data_member == node.data_member;
    if (&other != &node && other.runs && same) return "no member runs twice: " + name + " and " + other_name;
  }
  // Another manifest than the one in force is a restart.
  if (member != nullptr && member->live && voters() > 1 && quorum() && !has_quorum(voters(), live_without(*member))) {
    return "a voter is restarted while the others are a quorum";
  }
  node.runs = true;
  if (member != nullptr) member->live = true;
  return std::nullopt;
}

// It ends the kubelet's back-off.
Replay::Broken Replay::remove_containers(const RemoveContainers& remove) {
  ReplayedNode& node = nodes_.at(remove.node());
  if (!node.kubelet || node.manifests.empty() || !node.has_data) return std::nullopt;
  const ReplayedMember* member = member_of(node.data_member);
  return member == nullptr || member->live ? std::nullopt : start_again(remove.node(), node);
}

void Replay::take(const Fact& check) {
  for (auto& [name, node] : nodes_) {
    if (!node.runs || (!check.has_all_voters_serve() && check.etcd_serves().node() != name)) continue;
    if (ReplayedMember* member = member_of(node.data_member)) member->live = true;
  }
}

Replay::Broken Replay::stop(const std::string& name, ReplayedNode& node) {
  node.runs = false;
  ReplayedMember* member = node.other_data ? nullptr : member_of(node.data_member);
  if (member == nullptr || !member->live) return std::nullopt;
  if (quorum() && !has_quorum(voters(), live_without(*member))) return "no step takes the quorum away: " + name + " is stopped";
  member->live = false;
  return std::nullopt;
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
