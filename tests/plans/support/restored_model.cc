// SPDX-License-Identifier: Apache-2.0
// A restore: a second cluster, which takes the first one's place, and may have to give it back.
#include <algorithm>

#include "plans/lookup.h"
#include "schemas/member_identity.h"
#include "tests/plans/support/cluster_model.h"

namespace quorate {
namespace {

constexpr const char* data_directory = "/var/lib/etcd";

std::string urls_of(const std::string& initial_cluster, const std::string& name) {
  std::vector<std::string> urls;
  for (const std::string& part : split(initial_cluster, ',')) {
    if (part.rfind(name + "=", 0) == 0) urls.push_back(part.substr(name.size() + 1));
  }
  return join(urls, ",");
}

}  // namespace

// What the script has put in place already, too.
void ClusterModel::know_cluster(const Intent::Restore& restore) {
  std::vector<ScriptedMember>& members = clusters_[bootstrap_cluster_id(restore.initial_cluster(), restore.token())];
  members.clear();
  for (const std::string& part : split(restore.initial_cluster(), ',')) {
    const std::string name = part.substr(0, part.find('='));
    const std::string urls = urls_of(restore.initial_cluster(), name);
    members.push_back({.id = bootstrap_member_id(urls, restore.token()), .name = name, .peer_url = urls});
  }
  const std::string cluster_id = bootstrap_cluster_id(restore.initial_cluster(), restore.token());
  for (ScriptedNode& node : cluster_.nodes) {
    const std::string urls = urls_of(restore.initial_cluster(), node.name);
    ScriptedData restored{.member_id = bootstrap_member_id(urls, restore.token()), .cluster_id = cluster_id};
    for (const SetAside& folder : node.folders) {
      if (folder.holds_restored()) beside_[node.name] = restored;
      if (folder.holds_member()) set_aside_[node.name + folder.path()] = {.member_id = scripted_id(node.name)};
    }
    if (node.data.cluster_id == cluster_id) node.data.member_id = restored.member_id;
  }
}

SetAside& ClusterModel::folder_at(const std::string& path, ScriptedNode& node) {
  for (SetAside& folder : node.folders) {
    if (folder.path() == path) return folder;
  }
  SetAside& folder = node.folders.emplace_back();
  folder.set_path(path);
  folder.set_created_at_seconds(scripted_now);
  return folder;
}

void ClusterModel::put_snapshot(const PutSnapshot& put) {
  ScriptedNode& node = touched(put.node());
  if (base_name(put.path()) != "snapshot.db") return;
  SetAside& folder = folder_at(folder_of(put.path()), node);
  folder.set_snapshot_bytes(put.bytes() == 0 ? 1 : put.bytes());
  folder.set_snapshot_sha256(put.sha256());
}

void ClusterModel::restore_snapshot(const RestoreSnapshot& restore) {
  ScriptedNode& node = touched(restore.node());
  SetAside& folder = folder_at(folder_of(restore.folder()), node);
  if (folder.snapshot_bytes() == 0) forbidden("restored: a snapshot that is not on " + node.name);
  Intent::Restore pinned;
  pinned.set_initial_cluster(restore.initial_cluster());
  pinned.set_token(restore.token());
  folder.set_holds_restored(true);
  know_cluster(pinned);
}

bool ClusterModel::move_data(const MovePath& move, ScriptedNode& node) {
  const bool in = move.to() == std::string(data_directory) + "/member";
  const bool out = move.from() == std::string(data_directory) + "/member";
  if (!in && !out) return false;
  if (node.etcd == Running::up || !node.manifests.empty())
    forbidden("data is moved on " + node.name + ", where etcd is not stopped");
  if (out) {
    set_aside(folder_of(move.to()), node);
    leave_cluster();
    return true;
  }
  if (node.data.initialised || !node.data.entries.empty()) forbidden("restored data is moved over other data on " + node.name);
  SetAside& folder = folder_at(folder_of(folder_of(move.from())), node);
  if (!folder.holds_restored()) forbidden("moved: restored data that is not on " + node.name);
  folder.set_holds_restored(false);
  node.data = beside_.at(node.name);
  beside_.erase(node.name);
  node.log.clear();
  return true;
}

void ClusterModel::set_aside(const std::string& path, ScriptedNode& node) {
  if (node.data.initialised || !node.data.entries.empty()) {
    folder_at(path, node).set_holds_member(true);
    set_aside_[node.name + path] = node.data;
  }
  node.data.entries.clear();
  node.data.ends_with.clear();
  node.data.initialised = false;
  node.data.owner = "0:0";
}

bool ClusterModel::put_back(const MoveEntries& move, ScriptedNode& node) {
  if (move.to() != data_directory) return false;
  // Done already, or never set aside.
  if (!set_aside_.contains(node.name + move.from())) return true;
  if (!node.manifests.empty()) forbidden("data is put back on " + node.name + ", where etcd is not stopped");
  if (!node.data.entries.empty()) forbidden("data is put back over other data on " + node.name);
  node.data = set_aside_.at(node.name + move.from());
  set_aside_.erase(node.name + move.from());
  folder_at(move.from(), node).set_holds_member(false);
  return true;
}

void ClusterModel::check_store(const CheckStore& check) {
  for (const std::string& name : check.nodes()) {
    if (cluster_.active_member(touched(name)) == nullptr) forbidden("compared: what is not served on " + name);
  }
  if (!clusters_.contains(cluster_.cluster_id)) forbidden("compared: the old cluster");
  store_checked_ = true;
}

// Of a copy of its data, which goes on under the same IDs, and knows of no other member any more.
void ClusterModel::force_alone(const ForceAlone& force) {
  ScriptedNode& node = touched(force.node());
  if (node.etcd == Running::up || !node.manifests.empty()) forbidden("data in use is copied on " + node.name);
  if (!node.data.initialised) forbidden("force-new-cluster of no data on " + node.name);
  if (cluster_.has_leader()) forbidden("force-new-cluster beside a quorum");
  for (const auto& [other, data] : beside_) {
    if (data.alone) forbidden("force-new-cluster on " + node.name + " and on " + other);
  }
  folder_at(force.folder(), node).set_holds_restored(true);
  beside_[node.name] = node.data;
  beside_[node.name].alone = true;
}

bool ClusterModel::is_of_another(const ScriptedNode& node) const {
  const bool goes_on = node.data.cluster_id == cluster_.cluster_id && node.data.alone && !alone_;
  return goes_on || (node.data.cluster_id != cluster_.cluster_id && clusters_.contains(node.data.cluster_id));
}

// Two clusters must never both be there, nor an API server with what it has cached of the other.
void ClusterModel::enter_cluster(const ScriptedNode& node) {
  const std::string& id = node.data.cluster_id;
  if (alone_ && id == cluster_.cluster_id && !node.data.alone) forbidden("who was given up serves on " + node.name);
  if (!is_of_another(node)) return;
  for (const ScriptedNode& other : cluster_.nodes) {
    if (other.etcd == Running::up) forbidden("two clusters at once: on " + node.name + " and " + other.name);
    const bool serves =
        std::find(other.other_manifests.begin(), other.other_manifests.end(), "kube-apiserver.yaml") != other.other_manifests.end();
    if (serves && other.ssh == SshState::REACHABLE) forbidden("another cluster begins under the API server of " + other.name);
  }
  clusters_[cluster_.cluster_id] = cluster_.members;
  alone_ = node.data.alone;
  if (alone_) {
    std::erase_if(cluster_.members, [&](const ScriptedMember& member) { return member.id != node.data.member_id; });
    if (cluster_.members.empty()) forbidden("who goes on alone is no member: " + node.name);
  } else {
    cluster_.members = clusters_.at(id);
    cluster_.cluster_id = id;
  }
  store_checked_ = false;
}

// Where nobody has its data any more the old one is the cluster again, though nobody serve it yet.
void ClusterModel::leave_cluster() {
  const bool there = std::any_of(cluster_.nodes.begin(), cluster_.nodes.end(), [this](const ScriptedNode& node) {
    return node.data.initialised && node.data.cluster_id == cluster_.cluster_id && node.data.alone == alone_;
  });
  const auto old = clusters_.find(scripted_cluster_id);
  if (there || old == clusters_.end()) return;
  cluster_.members = old->second;
  cluster_.cluster_id = scripted_cluster_id;
  alone_ = false;
}

// To a voter of the cluster alone, but as it was before; and to one that takes another's place only once it was compared with what
// was promised.
void ClusterModel::let_clients_in(const ScriptedNode& node) const {
  const bool of_restored =
      node.data.initialised &&
      (node.data.alone || (clusters_.contains(node.data.cluster_id) && node.data.cluster_id != scripted_cluster_id));
  if (of_restored && !store_checked_) forbidden("clients are let in on " + node.name + " before the store was compared");
  const ScriptedMember* member = cluster_.active_member(node);
  const bool votes = member != nullptr && !member->learner;
  const bool as_it_was = cluster_.cluster_id == scripted_cluster_id && !alone_ && let_in_at_first_.contains(node.name);
  if (!votes && !as_it_was) forbidden("clients are let in on " + node.name + ", whose etcd is no voter");
}

}  // namespace quorate
