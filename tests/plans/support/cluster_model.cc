// SPDX-License-Identifier: Apache-2.0
#include "tests/plans/support/cluster_model.h"

#include <algorithm>
#include <stdexcept>

#include "plans/alarms.h"
#include "plans/authorities.h"
#include "plans/lookup.h"

namespace quorate {
namespace {

constexpr const char* tombstones = "/var/lib/quorate/tombstones/";

std::string peer_url_in(const std::string& manifest) {
  const std::string flag = "--initial-advertise-peer-urls=";
  const std::size_t at = manifest.find(flag);
  return at == std::string::npos ? "" : manifest.substr(at + flag.size(), manifest.find('\n', at) - at - flag.size());
}

bool is_of_control_plane(const std::string& path) { return base_name(path).rfind("kube-", 0) == 0; }

// kube-vip's, and what else is none of etcd's.
bool is_of_somebody(const MovePath& move, const ScriptedNode& node) {
  const auto has = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), base_name(move.from())) != names.end() ||
           std::find(names.begin(), names.end(), move.from()) != names.end();
  };
  return !node.manifests.contains(move.from()) && !node.spare_manifests.contains(move.from()) &&
         (has(node.other_manifests) || has(node.parked));
}

std::string bad_certificate(const ScriptedNode& node) {
  for (const auto& [file, certificate] : node.certificates) {
    if (!certificate.present || certificate.not_after <= scripted_now) return file;
  }
  return "";
}

}  // namespace

void forbidden(const std::string& what) { throw std::runtime_error(what); }

// Nothing can be done to a node that does not answer.
ScriptedNode& ClusterModel::touched(const std::string& name) {
  ScriptedNode& node = cluster_.node(name);
  if (node.ssh != SshState::REACHABLE) forbidden("an operation on " + name + ", which does not answer");
  return node;
}

ScriptedNode& ClusterModel::serving(const std::string& name) {
  ScriptedNode& node = touched(name);
  if (node.etcd != Running::up || node.waits_for_quorum) forbidden("a snapshot of what does not serve");
  return node;
}

ClusterModel::ClusterModel(ScriptedCluster cluster) : cluster_(std::move(cluster)) {
  for (const ScriptedNode& node : cluster_.nodes) {
    if (cluster_.active_member(node) != nullptr) served_at_first_.insert(node.name);
    const auto& names = node.other_manifests;
    if (std::find(names.begin(), names.end(), "kube-apiserver.yaml") != names.end()) let_in_at_first_.insert(node.name);
    for (const auto& [path, before] : node.spare_manifests) {
      for (const auto& [usual, now] : node.manifests) {
        if (base_name(path) == "before-etcd.yaml") compare_quotas(before, now, node);
      }
    }
    if (!node.run) continue;
    for (const std::string& path : node.parked) {
      if (base_name(path) == "kube-apiserver.yaml") let_in_at_first_.insert(node.name);
    }
    for (const Intent& intent : node.run->intents()) {
      if (intent.has_restore()) know_cluster(intent.restore());
    }
  }
  read_authorities();
}

std::string ClusterModel::identity() const {
  std::string text = cluster_.observe().SerializeAsString() + cluster_.cluster_id + (compacted_ ? "c" : "") +
                     (store_checked_ ? "s" : "") + (alone_ ? "a" : "");
  for (const ScriptedMember& member : cluster_.members) text += member.id + member.name + (member.learner ? "l" : "v");
  for (const ScriptedNode& node : cluster_.nodes)
    text += node.data.member_id + (node.unheard ? "u" : "h") + (node.data.alone ? "a" : "") +
            (node.waits_for_quorum && node.etcd == Running::up ? "w" : "");
  for (const std::string& name : defragmented_) text += name;
  for (const std::string& name : enlarged_) text += "+" + name;
  return text;
}

void ClusterModel::apply(const Step& step) {
  for (const Operation& operation : step.operations()) apply(operation);
  // a step that only waits gives what is starting its time
  if (step.operations().empty()) settle();
}

void ClusterModel::apply(const Operation& operation) {
  switch (operation.kind_case()) {
    case Operation::kPutFile: put_file(operation.put_file()); break;
    case Operation::kMovePath: move_path(operation.move_path()); break;
    case Operation::kMoveEntries: move_entries(operation.move_entries()); break;
    case Operation::kMemberAdd: member_add(operation.member_add()); break;
    case Operation::kMemberRemove: member_remove(operation.member_remove()); break;
    case Operation::kMemberPromote: member_promote(operation.member_promote()); break;
    case Operation::kMemberUpdate: member_update(operation.member_update()); break;
    case Operation::kLeaderMove: leader_move(operation.leader_move()); break;
    case Operation::kCopyAuthority: copy_authority(operation.copy_authority()); break;
    case Operation::kIssueCertificate: issue(operation.issue_certificate()); break;
    case Operation::kRemoveContainers: touched(operation.remove_containers().node()).log.clear(); break;
    case Operation::kRunCommand: run_command(operation.run_command()); break;
    case Operation::kSaveBackup:
      if (cluster_.active_member(touched(operation.save_backup().node())) == nullptr) forbidden("a backup of what does not serve");
      break;
    case Operation::kSaveServed: serving(operation.save_served().node()); break;
    case Operation::kStreamSnapshot: serving(operation.stream_snapshot().node()); break;
    case Operation::kFetchSnapshot: touched(operation.fetch_snapshot().node()); break;
    case Operation::kCompact:
      if (!cluster_.has_leader()) forbidden("history is dropped without a quorum");
      compacted_ = true;
      break;
    case Operation::kDefragmentStore: {
      ScriptedNode& node = touched(operation.defragment_store().node());
      if (!compacted_) forbidden("a database is written anew with all its history");
      if (cluster_.active_member(node) == nullptr) forbidden("what does not serve is defragmented");
      defragmented_.insert(node.name);
      node.database = node.in_use;
      break;
    }
    case Operation::kDisarm: disarm(operation.disarm().alarm()); break;
    case Operation::kPutSnapshot: put_snapshot(operation.put_snapshot()); break;
    case Operation::kRestoreSnapshot: restore_snapshot(operation.restore_snapshot()); break;
    case Operation::kServeRestored: {
      ScriptedNode& node = touched(operation.serve_restored().node());
      if (!beside_.contains(node.name)) forbidden("what is tried was not restored");
      break;
    }
    case Operation::kSnapshotData:
      if (touched(operation.snapshot_data().node()).etcd == Running::up) forbidden("data in use is copied");
      break;
    case Operation::kCheckStore: check_store(operation.check_store()); break;
    case Operation::kDeletePrefix:
      if (!cluster_.has_leader()) forbidden("keys are deleted without a quorum");
      if (operation.delete_prefix().prefix() != "/registry/masterleases/") forbidden("keys of the cluster's are deleted");
      break;
    case Operation::kForceAlone: force_alone(operation.force_alone()); break;
    case Operation::kKubeadmPreflight: invite(operation.kubeadm_preflight().join().from_node()); break;
    case Operation::kKubeadmJoin: kubeadm_join(operation.kubeadm_join()); break;
    case Operation::kMakeAuthority: make_authority(operation.make_authority()); break;
    case Operation::kWriteAuthorities: write_authorities(operation.write_authorities()); break;
    case Operation::KIND_NOT_SET: forbidden("an empty operation");
  }
  settle();
  read_authorities();
  forbid_strangers();
}

void ClusterModel::run_command(const RunCommand& run) {
  ScriptedNode& node = touched(run.node());
  if (run.arguments(0) == "rm") return remove_folders(run, node);
  if (run.arguments(0) == "kubectl") return;
  if (run.arguments(0) == "crictl") {
    node.image = run.arguments(2);
    return;
  }
  if (run.arguments(0) == "kubeadm") {
    if (run.arguments(1) == "certs") return renew_by_kubeadm(run.arguments(3), node);
    if (run.arguments(1) == "join" && cluster_.active_member(node) == nullptr) forbidden("kubeadm's join ends before etcd serves");
    return;
  }
  if (run.arguments(0) == "chown") node.data.owner = run.arguments(3);
  if (run.arguments(0) != "chown" && run.arguments(0) != "chmod") forbidden("an unknown command");
}

void ClusterModel::renew_by_kubeadm(const std::string& name, ScriptedNode& node) {
  const auto runs = [](const std::string& manifest) { return is_of_control_plane(manifest); };
  if (std::any_of(node.other_manifests.begin(), node.other_manifests.end(), runs))
    forbidden("what has read a certificate runs on with it on " + node.name);
  for (auto& [path, certificate] : node.control_plane_certificates) {
    const std::string file = base_name(path);
    if (file != name && file != name + ".crt") continue;
    certificate.not_after = scripted_expiry;
    ++certificate.issued;
    return;
  }
  forbidden("kubeadm is asked for a certificate that is not there: " + name);
}

void ClusterModel::invite(const std::string& from) {
  const ScriptedNode& node = touched(from);
  const auto& manifests = node.other_manifests;
  const bool runs = std::find(manifests.begin(), manifests.end(), "kube-apiserver.yaml") != manifests.end();
  if (!runs || cluster_.active_member(node) == nullptr) forbidden("a node without an API server that serves invites");
  if (!node.authority_key) forbidden("a node without the CA's key invites");
}

// All of /etc/kubernetes is gone, and what comes in its place has no etcd.
void ClusterModel::kubeadm_join(const KubeadmJoin& join) {
  ScriptedNode& node = touched(join.node());
  if (node.etcd != Running::stopped || !node.manifests.empty()) forbidden("a node is reset where etcd is not stopped");
  if (node.data.initialised) forbidden("a node is reset before its data is set aside");
  if (cluster_.member_of(node) != nullptr) forbidden("a node is reset whose member is listed");
  invite(join.from_node());
  for (const std::string& name : node.other_manifests) {
    if (!is_of_control_plane(name)) forbidden("a reset deletes a manifest of somebody's: " + name);
  }
  node.kubelet = "active";
  node.other_manifests = {"kube-apiserver.yaml", "kube-controller-manager.yaml", "kube-scheduler.yaml"};
  node.authority = cluster_.node(join.from_node()).authority;
  node.authority_key = true;
  for (auto& [file, certificate] : node.certificates) certificate = {};
  node.kubeadm_marks = {join.folder() + "/kubeadm-joined"};
}

void ClusterModel::remove_folders(const RunCommand& remove, ScriptedNode& node) {
  const bool one_is_down = !membership().has_all_voters();
  for (int i = 3; i < remove.arguments_size(); ++i) {
    const std::string& path = remove.arguments(i);
    if (path == next_authority_directory) node.next_authority.clear();
    std::erase_if(node.tombstones, [&](const std::string& name) { return path == tombstones + name; });
    const auto folder =
        std::find_if(node.folders.begin(), node.folders.end(), [&](const SetAside& each) { return each.path() == path; });
    if (folder == node.folders.end()) continue;
    if (folder->holds_member() && one_is_down) forbidden("data that was set aside is deleted while a voter is down");
    if (folder->holds_restored()) beside_.erase(node.name);
    node.folders.erase(folder);
  }
}

void ClusterModel::disarm(const std::string& alarm) {
  if (!cluster_.has_leader()) forbidden("an alarm is taken off without a quorum");
  std::set<std::uint32_t> hashes;
  for (ScriptedNode& node : cluster_.nodes) {
    if (cluster_.active_member(node) == nullptr) continue;
    hashes.insert(node.hash);
    const bool has_room = defragmented_.contains(node.name) || enlarged_.contains(node.name);
    if (alarm == "NOSPACE" && served_at_first_.contains(node.name) && !has_room) {
      forbidden("an alarm is taken off while the store of " + node.name + " is full");
    }
    std::erase_if(node.errors, [&](const std::string& error) { return error.find(alarm) != std::string::npos; });
  }
  if (alarm == "CORRUPT" && hashes.size() > 1) forbidden("an alarm is taken off while stores differ");
}

// Of what a manifest was and is.
void ClusterModel::compare_quotas(const std::string& before, const std::string& after, const ScriptedNode& node) {
  const absl::StatusOr<StaticPod> was = read_static_pod(before);
  const absl::StatusOr<StaticPod> is = read_static_pod(after);
  if (!was.ok() || !is.ok()) return;
  if (quota_bytes(*is) < quota_bytes(*was)) enlarged_.erase(node.name);
  if (quota_bytes(*is) > quota_bytes(*was) && node.database < quota_bytes(*is)) enlarged_.insert(node.name);
}

void ClusterModel::put_file(const PutFile& put) {
  ScriptedNode& node = touched(put.node());
  if (put.path().rfind(tombstones, 0) == 0) {
    std::set<std::string> names(node.tombstones.begin(), node.tombstones.end());
    const std::string name = put.path().substr(std::string(tombstones).size());
    names.insert(name);
    node.tombstone_reasons[name] = put.content().substr(0, put.content().find('\n'));
    node.tombstones = {names.begin(), names.end()};
    return;
  }
  if (const auto before = node.manifests.find(put.path()); before != node.manifests.end()) {
    compare_quotas(before->second, put.content(), node);
  }
  // What a run keeps of a manifest is out of the kubelet's sight.
  (put.path().rfind("/var/lib/quorate/", 0) == 0 ? node.spare_manifests : node.manifests)[put.path()] = put.content();
}

// Clients are let in to a voter of the cluster alone.
void ClusterModel::park_or_place(const MovePath& move, ScriptedNode& node) {
  const std::string name = base_name(move.from());
  const bool placed = std::find(node.other_manifests.begin(), node.other_manifests.end(), name) != node.other_manifests.end();
  const bool parked = std::find(node.parked.begin(), node.parked.end(), move.to()) != node.parked.end();
  const bool places = move.to().rfind(manifest_folder, 0) == 0;
  // Done already.
  if (places ? placed : parked && !placed) return;
  if (!places) {
    if (std::erase(node.other_manifests, name) == 0) forbidden("moved: " + move.from() + ", which is not there");
    node.parked.push_back(move.to());
    return;
  }
  if (std::erase(node.parked, move.from()) == 0) forbidden("moved: " + move.from() + ", which is not there");
  if (name == "kube-apiserver.yaml") let_clients_in(node);
  node.other_manifests.push_back(name);
}

void ClusterModel::move_path(const MovePath& move) {
  ScriptedNode& node = touched(move.node());
  if (is_of_control_plane(move.from()) || is_of_somebody(move, node)) return park_or_place(move, node);
  if (move_data(move, node)) return;
  if (base_name(move.from()).rfind("kubeadm-", 0) == 0) {
    node.kubeadm_marks = {move.to()};
    return;
  }
  if (base_name(move.from()) == "ca.key") {
    if (!node.authority_key) forbidden("moved: a key that is not there");
    node.authority_key = false;
    return;
  }
  if (base_name(move.from()) == "ca.crt") {
    if (node.authority.empty()) forbidden("moved: a CA that is not there");
    node.authority.clear();
    return;
  }
  const auto parked = node.spare_manifests.find(move.from());
  if (parked != node.spare_manifests.end() && move.to().rfind(manifest_folder, 0) == 0) {
    node.manifests[move.to()] = parked->second;
    std::erase(node.parked, parked->first);
    node.spare_manifests.erase(parked);
    // As it was: nobody hears it.
    if (!bad_certificate(node).empty()) node.etcd = Running::starting;
    return;
  }
  const auto from = node.manifests.find(move.from());
  const bool is_done =
      from == node.manifests.end() && (node.manifests.contains(move.to()) || node.spare_manifests.contains(move.to()));
  if (is_done) return;
  if (from == node.manifests.end()) forbidden("moved: " + move.from() + ", which is not there");
  if (move.to().rfind(manifest_folder, 0) == 0) forbidden("parked in the kubelet's sight: " + move.to());
  const auto there = node.spare_manifests.find(move.to());
  if (there != node.spare_manifests.end() && there->second != from->second) forbidden("moved over another file: " + move.to());
  node.spare_manifests[move.to()] = from->second;
  std::erase(node.parked, move.to());
  node.parked.push_back(move.to());
  node.manifests.erase(from);
}

void ClusterModel::move_entries(const MoveEntries& move) {
  ScriptedNode& node = touched(move.node());
  if (put_back(move, node)) return;
  if (node.etcd != Running::stopped) forbidden("data is set aside on " + node.name + ", where etcd is not stopped");
  if (cluster_.active_member(node) != nullptr) forbidden("data of a running member is set aside");
  set_aside(move.to(), node);
  node.unheard = false;
  // What comes in its place is the leader's.
  for (const ScriptedNode& other : cluster_.nodes) {
    const ScriptedMember* member = cluster_.active_member(other);
    if (member != nullptr && member->id == cluster_.leader_id) node.hash = other.hash;
  }
}

// What the kubelet and etcd make of what is there.
void ClusterModel::settle() {
  for (ScriptedNode& node : cluster_.nodes) {
    if (node.ssh != SshState::REACHABLE || node.kubelet != "active") continue;
    if (node.manifests.empty()) {
      node.etcd = Running::stopped;
      continue;
    }
    // Whatever became of its log, it ends again as it did.
    if (!node.data.ends_with.empty()) {
      node.etcd = Running::failing;
      node.log = {node.data.ends_with};
      continue;
    }
    if (node.log.empty() && node.etcd != Running::up && node.etcd != Running::stray) start(node);
    const bool removed = std::none_of(cluster_.members.begin(), cluster_.members.end(),
                                      [&](const ScriptedMember& member) { return member.id == node.data.member_id; });
    if (node.etcd == Running::up && node.data.initialised && removed) {
      node.etcd = Running::failing;
      node.log = {"E | rafthttp: the member has been permanently removed from the cluster"};
    }
  }
  cluster_.elect();
  serve_where_quorum();
}

// Before it has joined etcd serves no client; what served goes on to, without a leader.
void ClusterModel::serve_where_quorum() {
  if (!cluster_.has_leader()) return;
  for (ScriptedNode& node : cluster_.nodes) {
    if (cluster_.active_member(node) != nullptr) node.waits_for_quorum = false;
  }
}

void ClusterModel::start(ScriptedNode& node) {
  if (!node.data.initialised) {
    const std::string peer_url = peer_url_in(node.manifests.rbegin()->second);
    const auto own = std::find_if(cluster_.members.begin(), cluster_.members.end(),
                                  [&](const ScriptedMember& member) { return member.peer_url == peer_url; });
    if (own == cluster_.members.end() || !own->learner || !own->name.empty())
      forbidden("etcd is started with no data on " + node.name);
    own->name = node.name;
    node.data = {.initialised = true, .member_id = own->id, .cluster_id = cluster_.cluster_id, .alone = alone_};
  }
  const std::string bad = bad_certificate(node);
  // It runs already, and is heard by nobody.
  if (!bad.empty() && node.etcd == Running::starting) return;
  if (!bad.empty()) forbidden("etcd is started with a bad " + bad);
  enter_cluster(node);
  node.etcd = Running::up;
  node.waits_for_quorum = true;
  for (const ScriptedNode& other : cluster_.nodes) {
    const bool twice =
        &other != &node && other.etcd == Running::up && other.data.initialised && other.data.member_id == node.data.member_id;
    if (twice) forbidden("member " + node.data.member_id + " runs twice");
  }
}

}  // namespace quorate
