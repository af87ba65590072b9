// SPDX-License-Identifier: Apache-2.0
// A node's files and data, and what the kubelet makes of them.
#include <algorithm>
#include <array>

#include "plans/lookup.h"
#include "plans/proof/replay.h"
#include "plans/quorum.h"

namespace quorate {
namespace {

constexpr char quorates_folders[] = "/.quorate-";
constexpr char quorates_files[] = "/var/lib/quorate/";
constexpr char tombstones[] = "/var/lib/quorate/tombstones/";
constexpr char api_server_manifest[] = "kube-apiserver.yaml";
constexpr char no_forcing[] = "force-new-cluster is in no manifest, where each start would act on it";

bool is_in(const std::string& path, const std::string& directory) { return folder_of(path) == directory; }

bool is_made_by_quorate(const std::string& path) {
  if ((path + "/").find("/../") != std::string::npos) return false;
  return path.find(quorates_folders) != std::string::npos || path.rfind(quorates_files, 0) == 0;
}

// A member's own data, and not a folder of quorate's beside it.
bool is_data(const std::string& path, const std::string& data_path) {
  return !data_path.empty() && path.rfind(data_path + "/", 0) == 0 && path.rfind(data_path + quorates_folders, 0) != 0;
}

}  // namespace

Replay::Broken Replay::put_file(const PutFile& put) {
  ReplayedNode& node = nodes_.at(put.node());
  if (put.path().rfind(tombstones, 0) == 0) return give_up();
  if (is_data(put.path(), node.data_path)) return "nothing is written into a member's data: " + put.path();
  if (!is_in(put.path(), node.manifest_directory)) return std::nullopt;
  const absl::StatusOr<StaticPod> pod = read_static_pod(put.content());
  if (!pod.ok()) return "a manifest that is written can be read: " + put.path();
  if (!claims_etcd(*pod, node.data_path)) return std::nullopt;
  node.manifests.insert(put.path());
  node.forcing.erase(put.path());
  return start(put.node(), node, *pod);
}

Replay::Broken Replay::move_path(const MovePath& move) {
  ReplayedNode& node = nodes_.at(move.node());
  if (move.from() == node.data_path + work_folder_ + "/new/member") return move_in(move.node(), node);
  if (move.from() == node.data_path + "/member") return move_out(move, node);
  if (is_data(move.from(), node.data_path) || is_data(move.to(), node.data_path))
    return "a member's data is moved whole: " + move.from() + " to " + move.to();
  const bool placed = is_in(move.to(), node.manifest_directory);
  if (base_name(move.from()) == api_server_manifest) {
    return placed ? start_api_server(move.node(), node) : stop_api_server(node);
  }
  if (node.forcing.erase(move.from()) > 0) node.forcing.insert(move.to());
  if (node.manifests.erase(move.from()) > 0) {
    if (placed) return "a manifest is parked where the kubelet does not see it";
    return node.manifests.empty() ? stop(move.node(), node) : std::nullopt;
  }
  if (!placed || base_name(move.to()) != "etcd.yaml") return std::nullopt;
  node.manifests.insert(move.to());
  if (node.forcing.contains(move.to())) return no_forcing;
  if (!node.kubelet) return std::nullopt;
  if (restore_ && abandons_) return start_as_it_was(move.node(), node);
  return start_data(move.node(), node);
}

Replay::Broken Replay::move_entries(const MoveEntries& move) {
  ReplayedNode& node = nodes_.at(move.node());
  if (move.from() == node.data_path) return set_aside(move, node);
  return node.set_aside.contains(move.from()) ? put_back(move, node) : std::nullopt;
}

Replay::Broken Replay::set_aside(const MoveEntries& move, ReplayedNode& node) {
  if (node.runs) return "data is moved only where etcd is stopped, and " + move.node() + "'s may run";
  const ReplayedMember* member = member_of(node.data_member);
  // What takes its place is there, and proven.
  if (!node.beside) {
    // One that serves all the same does so from another node, and this is a copy.
    if (member != nullptr && !member->live && !quorum()) {
      return "without a quorum every member's data stays where it is, and " + move.node() + " has one's";
    }
    if (!knows_members_ && node.has_data && !node.other_data) return "while nobody says who is a member all data stays where it is";
  }
  if (node.has_data) node.set_aside[move.to()] = node.data_member;
  take_data_away(node);
  return std::nullopt;
}

void Replay::take_data_away(ReplayedNode& node) {
  node.has_data = false;
  node.occupied = false;
  node.other_data = false;
  node.restored_data = false;
  node.data_member.clear();
}

Replay::Broken Replay::put_back(const MoveEntries& move, ReplayedNode& node) {
  if (move.to() != node.data_path) return std::nullopt;
  if (node.runs) return "data is moved only where etcd is stopped, and " + move.node() + "'s may run";
  if (node.occupied) return "data is put back where there is none, and " + move.node() + " has some";
  node.has_data = true;
  node.occupied = true;
  node.data_member = node.set_aside.at(move.from());
  node.set_aside.erase(move.from());
  // Of what a run before this one has set aside nobody says whose it is; where it restored that is the old cluster's.
  if (restore_ && (restored_started_ || node.data_member.empty())) forget_members();
  return std::nullopt;
}

Replay::Broken Replay::run_command(const RunCommand& command) const {
  const std::string program = command.arguments_size() == 0 ? "" : base_name(command.arguments(0));
  constexpr std::array known = {"chmod", "chown", "crictl", "ctr", "install", "kubectl"};
  if (program != "rm") {
    // Its reset deletes data.
    const std::string part = command.arguments_size() > 1 ? command.arguments(1) : "";
    const bool is_known = program == "kubeadm" ? part == "join" || part == "certs" || part == "alpha"
                                               : std::find(known.begin(), known.end(), program) != known.end();
    return is_known ? std::nullopt : Broken("no command is run but one that is known to harm no data: " + program);
  }
  const ReplayedNode& node = nodes_.at(command.node());
  const bool whole = quorum() && live_voters() == voters();
  for (const std::string& argument : command.arguments()) {
    if (argument.rfind('/', 0) != 0) continue;
    if (!is_made_by_quorate(argument)) return "nothing is deleted but what quorate made: " + argument;
    if (node.set_aside.contains(argument) && !whole) {
      return "what was set aside is deleted only while every voter serves: " + argument;
    }
  }
  return std::nullopt;
}

Replay::Broken Replay::start(const std::string& name, ReplayedNode& node, const StaticPod& pod) {
  if (pod.forces_new_cluster()) return no_forcing;
  if (!node.kubelet) return std::nullopt;
  if (node.has_data) return start_data(name, node);
  std::set<std::string> urls;
  for (const std::string& url : split(pod.argument("initial-advertise-peer-urls").value_or(""), ',')) urls.insert(url);
  if (pod.argument("initial-cluster-state") != "existing")
    return "etcd without data starts as a member of the cluster that there is";
  return start_fresh(name, node, urls);
}

Replay::Broken Replay::start_data(const std::string& name, ReplayedNode& node) {
  return node.restored_data ? start_restored(name, node) : start_again(name, node);
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
    node.occupied = true;
    node.data_member = member->id.empty() ? url : member->id;
    return std::nullopt;
  }
  return "etcd is started without data only as a learner that has not started before: " + name;
}

Replay::Broken Replay::start_again(const std::string& name, ReplayedNode& node) {
  if (node.other_data) return "data of another cluster is not started: " + name;
  ReplayedMember* member = member_of(node.data_member);
  if (knows_members_ && member == nullptr) return "data of a member that is not listed is not started: " + name;
  if (const std::string twice = also_runs_on(node); !twice.empty()) return "no member runs twice: " + name + " and " + twice;
  // Another manifest than the one in force is a restart.
  if (member != nullptr && member->live && voters() > 1 && quorum() && !has_quorum(voters(), live_without(*member)) &&
      !may_do_without_quorum()) {
    return "a voter is restarted while the others are a quorum";
  }
  node.runs = true;
  if (member == nullptr) return std::nullopt;
  if (member->live && member->id == leader_id_) lose_leader();
  member->live = true;
  return std::nullopt;
}

// It ends the kubelet's back-off.
Replay::Broken Replay::remove_containers(const RemoveContainers& remove) {
  ReplayedNode& node = nodes_.at(remove.node());
  if (!node.kubelet || node.manifests.empty() || !node.has_data) return std::nullopt;
  const ReplayedMember* member = member_of(node.data_member);
  return member == nullptr || member->live ? std::nullopt : start_data(remove.node(), node);
}

// A reset takes every manifest and certificate away, and what kubeadm makes in their place has no etcd.
Replay::Broken Replay::kubeadm_join(const KubeadmJoin& join) {
  ReplayedNode& node = nodes_.at(join.node());
  const auto from = nodes_.find(join.from_node());
  if (from == nodes_.end() || !from->second.answers || !from->second.api_server || join.from_node() == join.node()) {
    return "a node is invited by another whose API server runs: " + join.node();
  }
  if (!quorum()) return "without a quorum no node is reset: " + join.node();
  if (node.runs || !node.manifests.empty()) return "a node is reset where etcd is stopped: " + join.node();
  if (node.has_data) return "a node is reset once its data is set aside: " + join.node();
  node.kubelet = true;
  node.api_server = true;
  return std::nullopt;
}

Replay::Broken Replay::stop(const std::string& name, ReplayedNode& node) {
  node.runs = false;
  ReplayedMember* member = node.other_data ? nullptr : member_of(node.data_member);
  if (member == nullptr || !member->live) return std::nullopt;
  if (quorum() && !has_quorum(voters(), live_without(*member)) && !may_end_cluster() && !may_do_without_quorum()) {
    return "no step takes the quorum away: " + name + " is stopped";
  }
  member->live = false;
  if (member->id == leader_id_) lose_leader();
  return std::nullopt;
}

std::string Replay::also_runs_on(const ReplayedNode& node) const {
  for (const auto& [name, other] : nodes_) {
    const bool same = !node.data_member.empty() && other.data_member == node.data_member;
    if (&other != &node && other.runs && same) return name;
  }
  return "";
}

// It serves what its etcd has.
Replay::Broken Replay::start_api_server(const std::string& name, ReplayedNode& node) {
  if (node.restored_data && !clients_let_in_) {
    if (!store_checked_) return "clients are let in only once what is served was compared with what was promised: " + name;
    if (!leases_dropped_) return "the leases of API servers of before are dropped before one starts: " + name;
  }
  const ReplayedMember* member = member_of(node.data_member);
  const bool votes = member != nullptr && member->live && !member->learner;
  const bool as_it_was = (node.api_server_at_first || abandons_) && !restored_started_;
  if (knows_members_ && quorum() && !votes && !as_it_was) return "clients are let in on a voter that serves: " + name;
  node.api_server = true;
  clients_let_in_ = clients_let_in_ || node.restored_data;
  return std::nullopt;
}

Replay::Broken Replay::stop_api_server(ReplayedNode& node) {
  const bool too_soon = restore_ && !abandons_ && quorum() && !restored_started_ && !may_end_cluster();
  if (too_soon) return "clients are cut off only once what is restored lies beside the data of every node";
  node.api_server = false;
  return std::nullopt;
}

}  // namespace quorate
