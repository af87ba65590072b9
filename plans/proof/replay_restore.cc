// SPDX-License-Identifier: Apache-2.0
// A restore: another cluster, or one member alone, takes the place of the one that there is.
#include <algorithm>

#include "plans/lookup.h"
#include "plans/proof/replay.h"
#include "plans/quorum.h"
#include "schemas/member_identity.h"

namespace quorate {
namespace {

// What etcd takes where none is given: with it old and restored members mix (etcd-facts 2.4).
constexpr char common_token[] = "etcd-cluster";

std::map<std::string, std::string> urls_by_name(const std::string& initial_cluster) {
  std::map<std::string, std::string> urls;
  for (const std::string& part : split(initial_cluster, ',')) {
    const std::size_t at = part.find('=');
    if (at == std::string::npos) continue;
    std::string& own = urls[part.substr(0, at)];
    own += (own.empty() ? "" : ",") + part.substr(at + 1);
  }
  return urls;
}

}  // namespace

bool Replay::keeps() const { return restore_ && restore_->method() == Intent::Restore::FORCE_NEW_CLUSTER; }

// How far it has come.
void Replay::read_restored(const Observation& observation, const std::string& restored_cluster_id) {
  for (const auto& [name, node] : nodes_) {
    restored_started_ = restored_started_ || (node.restored_data && node.runs);
  }
  const bool any_in_place = std::any_of(nodes_.begin(), nodes_.end(), [](const auto& each) { return each.second.restored_data; });
  const bool any_api_server = std::any_of(nodes_.begin(), nodes_.end(), [](const auto& each) { return each.second.api_server; });
  clients_let_in_ = any_in_place && any_api_server;
  if (restored_started_) {
    members_.clear();
    read_members(observation, restored_cluster_id);
    if (!members_.empty()) return;
  }
  for (auto& [name, node] : nodes_) {
    if (node.restored_data) node.data_member = restored_identity(name);
  }
  if (restored_started_) begin_restored_cluster();
}

Replay::Broken Replay::put_snapshot(const PutSnapshot& put) {
  ReplayedNode& node = nodes_.at(put.node());
  // Tools are brought so too.
  if (put.path() != node.data_path + work_folder_ + "/snapshot.db") return std::nullopt;
  if (restore_ && !restore_->recovers() && put.sha256() != restore_->sha256()) {
    return "every node restores the one snapshot that was asked for: " + put.node();
  }
  node.snapshot = true;
  return std::nullopt;
}

Replay::Broken Replay::restore_beside(const RestoreSnapshot& restore) {
  ReplayedNode& node = nodes_.at(restore.node());
  if (!restore_ || !node.snapshot) return "what is restored was brought and verified: " + restore.node();
  const bool same = restore.token() == restore_->token() && restore.initial_cluster() == restore_->initial_cluster() &&
                    restore.bump() == restore_->bump();
  if (!same) return "what is restored on all nodes is one cluster: " + restore.node();
  if (restore.bump() != 0 && restore_->revision() + restore.bump() <= highest_revision_) {
    return "a revision that is bumped is beyond all that clients may have seen: " + restore.node();
  }
  if (restore.token().empty() || restore.token() == common_token) return "a restored cluster has a token that was never used";
  if (restore.folder() != node.data_path + work_folder_ + "/new") return "it is restored beside the data: " + restore.folder();
  node.beside = true;
  return std::nullopt;
}

Replay::Broken Replay::serve_restored(const ServeRestored& serve) const {
  return nodes_.at(serve.node()).beside ? std::nullopt : Broken("what is tried was restored: " + serve.node());
}

Replay::Broken Replay::save(const std::string& name) const {
  return nodes_.at(name).runs ? std::nullopt : Broken("what does not run serves no snapshot: " + name);
}

Replay::Broken Replay::copy_data(const std::string& name) const {
  return nodes_.at(name).runs ? Broken("data that is in use cannot be copied whole: " + name) : std::nullopt;
}

// Once, on a copy, and nowhere else: in a manifest it would throw out who joined since, at each start.
Replay::Broken Replay::force_alone(const ForceAlone& force) {
  ReplayedNode& node = nodes_.at(force.node());
  if (const Broken in_use = copy_data(force.node())) return in_use;
  if (!keeps() || node.data_member != restore_->kept_member_id()) {
    return "force-new-cluster is run of the survivor alone: " + force.node();
  }
  if (node.beside) return "force-new-cluster is run once: " + force.node();
  node.beside = true;
  return std::nullopt;
}

Replay::Broken Replay::move_in(const std::string& name, ReplayedNode& node) {
  if (!node.beside) return "what is put in place was restored beside it: " + name;
  if (node.runs) return "data is moved only where etcd is stopped, and " + name + "'s may run";
  if (node.occupied) return "what is put in place takes nothing's place: " + name + " has data";
  node.beside = false;
  node.has_data = true;
  node.occupied = true;
  node.restored_data = true;
  node.data_member = restored_identity(name);
  return std::nullopt;
}

Replay::Broken Replay::move_out(const MovePath& move, ReplayedNode& node) {
  if (node.runs) return "data is moved only where etcd is stopped, and " + move.node() + "'s may run";
  if (!node.restored_data) return "only what was restored is taken out again: " + move.node();
  if (clients_let_in_) return "clients that saw the restored cluster do not see the old one again";
  node.set_aside[folder_of(move.to())] = node.data_member;
  take_data_away(node);
  return std::nullopt;
}

// No two sets of members take themselves for the cluster, and nobody serves what he has cached of the old one.
Replay::Broken Replay::start_restored(const std::string& name, ReplayedNode& node) {
  for (const auto& [other_name, other] : nodes_) {
    if (!other.answers && !is_given_up(other_name)) return "who does not answer was given up by name: " + other_name;
    if (other.runs && !other.restored_data) return "no etcd of the old cluster runs when the restored one starts: " + other_name;
    if (other.api_server && !clients_let_in_) return "no API server runs when the restored cluster starts: " + other_name;
  }
  if (!restored_started_) {
    for (const ReplayedMember& member : members_) {
      if (member.live) return "the old members are stopped before the restored ones start: " + member.name;
    }
    begin_restored_cluster();
  }
  ReplayedMember* member = member_of(node.data_member);
  if (member == nullptr) return "data of a member that is not listed is not started: " + name;
  if (const std::string twice = also_runs_on(node); !twice.empty()) return "no member runs twice: " + name + " and " + twice;
  node.runs = true;
  member->started = true;
  serve_where_enough_started();
  return std::nullopt;
}

// An undo brings back what there was, however good that was; but never beside what had taken its place.
Replay::Broken Replay::start_as_it_was(const std::string& name, ReplayedNode& node) {
  if (node.restored_data) return "what was restored is not started by its undo: " + name;
  if (!node.has_data) return "etcd is not started without data by an undo: " + name;
  for (const auto& [other_name, other] : nodes_) {
    if (other.runs && other.restored_data) return "the old cluster starts once nothing of the restored one runs: " + other_name;
  }
  if (const std::string twice = also_runs_on(node); !twice.empty()) return "no member runs twice: " + name + " and " + twice;
  node.runs = true;
  if (ReplayedMember* member = member_of(node.data_member)) member->live = true;
  return std::nullopt;
}

// Each waits for its peers before it serves (etcd-facts 2.5).
void Replay::serve_where_enough_started() {
  const auto started = static_cast<std::size_t>(std::count_if(
      members_.begin(), members_.end(), [](const ReplayedMember& member) { return !member.learner && member.started; }));
  if (!has_quorum(voters(), started)) return;
  for (ReplayedMember& member : members_) member.live = member.live || (member.started && !member.learner);
}

Replay::Broken Replay::check_store(const CheckStore& check) {
  for (const std::string& name : check.nodes()) {
    const ReplayedNode& node = nodes_.at(name);
    const ReplayedMember* member = member_of(node.data_member);
    if (!node.restored_data || member == nullptr || !member->live)
      return "what is compared is what was restored, and is served: " + name;
  }
  store_checked_ = true;
  return std::nullopt;
}

// Until then the old cluster may come back by an undo.
Replay::Broken Replay::give_up() const {
  const bool too_soon = restore_ && !store_checked_ && !clients_let_in_;
  return too_soon ? Broken("the old cluster is given up once what takes its place is proven") : std::nullopt;
}

void Replay::begin_restored_cluster() {
  members_.clear();
  knows_members_ = true;
  restored_started_ = true;
  for (const auto& [name, urls] : urls_by_name(restore_->initial_cluster())) {
    ReplayedMember& member = members_.emplace_back();
    member.id = restored_identity(name);
    member.name = name;
    for (const std::string& url : split(urls, ',')) member.peer_urls.insert(url);
    const auto node = nodes_.find(name);
    member.started = node != nodes_.end() && node->second.restored_data && node->second.runs;
  }
  serve_where_enough_started();
}

void Replay::forget_members() {
  members_.clear();
  knows_members_ = false;
  restored_started_ = false;
}

// What takes its place is proven on every node; or it is the restored one, and nobody has seen it yet.
bool Replay::may_end_cluster() const {
  if (!restore_ || !restore_->drill_node().empty()) return false;
  if (abandons_) return restored_started_ && !clients_let_in_;
  const auto urls = urls_by_name(restore_->initial_cluster());
  return std::all_of(urls.begin(), urls.end(), [this](const auto& each) {
    const auto node = nodes_.find(each.first);
    return node != nodes_.end() && (node->second.beside || node->second.restored_data);
  });
}

bool Replay::is_given_up(const std::string& node) const { return lost_.contains(node) || (restore_ && restore_->survivor_named()); }

// By an undo.
bool Replay::comes_back(const std::string& cluster_id) const {
  if (!restore_ || !abandons_) return false;
  return std::find(restore_->gives_up().begin(), restore_->gives_up().end(), cluster_id) != restore_->gives_up().end();
}

std::string Replay::restored_identity(const std::string& node) const {
  if (keeps()) return restore_->kept_member_id();
  const auto urls = urls_by_name(restore_->initial_cluster());
  const auto own = urls.find(node);
  return own == urls.end() ? "" : bootstrap_member_id(own->second, restore_->token());
}

}  // namespace quorate
