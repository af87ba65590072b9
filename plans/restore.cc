// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"

#include <algorithm>

#include "plans/control_plane.h"
#include "plans/lookup.h"
#include "plans/restore_tool.h"
#include "schemas/member_identity.h"
#include "schemas/restore_arguments.h"

namespace quorate {
namespace {

const SetAside* folder_at(const NodeFacts& facts, const std::string& path) {
  const auto& folders = facts.set_asides();
  const auto found = std::find_if(folders.begin(), folders.end(), [&](const SetAside& folder) { return folder.path() == path; });
  return found == folders.end() ? nullptr : &*found;
}

bool serves_restored(const NodeObservation& node, const std::string& cluster_id) {
  const EndpointStatus& status = node.endpoint().status();
  return node.endpoint().has_status() && status.cluster_id() == cluster_id && !status.leader_id().empty();
}

RestoreProgress progress_on(const NodeObservation& node, const Intent::Restore& restore, const std::string& run_id) {
  RestoreProgress progress;
  const NodeFacts& facts = node.facts();
  const std::string cluster_id = restored_cluster_id(restore);
  if (const SetAside* folder = folder_at(facts, restore_folder(facts, run_id))) {
    progress.folder = true;
    const bool as_pinned = folder->snapshot_bytes() == restore.bytes() && folder->snapshot_sha256() == restore.sha256();
    progress.snapshot = restore.recovers() ? folder->snapshot_bytes() > 0 : as_pinned;
    progress.restored = folder->holds_restored();
  }
  progress.aside = has_set_aside(facts, run_id);
  // What is put in place of a cluster that goes on has its ID too.
  const bool switched = !keeps_cluster(restore) || progress.aside;
  progress.in_place = switched && facts.data_directory().initialised() && facts.data_directory().cluster_id() == cluster_id;
  progress.serves = serves_restored(node, cluster_id);
  progress.api_server_placed = !placed_manifests(facts, true).empty();
  progress.api_server_parked = !parked_manifests(facts, run_id, true).empty();
  progress.controllers_parked = !parked_manifests(facts, run_id, false).empty();
  const std::string parked_etcd = "/var/lib/quorate/" + run_id + "/etcd.yaml";
  const auto& parked = facts.parked_manifests();
  progress.etcd_parked = std::find(parked.begin(), parked.end(), parked_etcd) != parked.end();
  const auto is_known = [&](const std::string& cluster) { return has_tombstone(facts, cluster); };
  progress.all_tombstones = std::all_of(restore.gives_up().begin(), restore.gives_up().end(), is_known);
  progress.any_tombstone = std::any_of(restore.gives_up().begin(), restore.gives_up().end(), is_known);
  return progress;
}

bool needs_tools(const NodeObservation& node, const Intent::Restore& restore) {
  const auto is_here = [](const std::optional<Tool>& needed) { return needed && needed->place() == Tool::WORKSTATION; };
  if (!keeps_cluster(restore) && is_here(restore_tool(node.facts(), restore, node.name()))) return true;
  const bool serves = is_copied(restore, node.name()) || restore.drill_node() == node.name();
  return serves && is_here(etcd_program(node.facts(), restore));
}

}  // namespace

const Intent::Restore* restore_among(const std::vector<Intent>& intents) {
  const auto found = std::find_if(intents.begin(), intents.end(), [](const Intent& intent) { return intent.has_restore(); });
  return found == intents.end() ? nullptr : &found->restore();
}

void mark_restore(const Observation& observation, const Intent::Restore& restore, const std::string& run_id, Situation& situation) {
  for (NodeSituation& node : situation.nodes) {
    const NodeObservation& observed = *find_node(observation, node.name);
    node.restore = progress_on(observed, restore, run_id);
    node.needs_tools = needs_tools(observed, restore);
  }
}

std::vector<std::string> restored_nodes(const Intent::Restore& restore) {
  std::vector<std::string> nodes;
  for (const std::string& part : split(restore.initial_cluster(), ',')) {
    const std::string name = part.substr(0, part.find('='));
    if (nodes.empty() || nodes.back() != name) nodes.push_back(name);
  }
  return nodes;
}

std::string restored_peer_urls(const Intent::Restore& restore, const std::string& node) {
  std::vector<std::string> urls;
  for (const std::string& part : split(restore.initial_cluster(), ',')) {
    if (part.rfind(node + "=", 0) == 0) urls.push_back(part.substr(node.size() + 1));
  }
  return join(urls, ",");
}

bool keeps_cluster(const Intent::Restore& restore) { return restore.method() == Intent::Restore::FORCE_NEW_CLUSTER; }

std::string restored_cluster_id(const Intent::Restore& restore) {
  return keeps_cluster(restore) ? restore.kept_cluster_id() : bootstrap_cluster_id(restore.initial_cluster(), restore.token());
}

std::int64_t restored_revision(const Intent::Restore& restore) { return restored_revision(restore.revision(), restore.bump()); }

std::string set_aside_folder(const NodeFacts& facts, const std::string& run_id) {
  return facts.data_directory().path() + "/.quorate-" + run_id;
}

std::string restore_folder(const NodeFacts& facts, const std::string& run_id) {
  return set_aside_folder(facts, run_id) + "-restore";
}

bool has_set_aside(const NodeFacts& facts, const std::string& run_id) {
  const SetAside* aside = folder_at(facts, set_aside_folder(facts, run_id));
  return aside != nullptr && aside->holds_member();
}

}  // namespace quorate
