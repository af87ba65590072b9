// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"
#include "schemas/static_pod.h"

namespace quorate {

/// The observed node of that name, or null.
const NodeObservation* find_node(const Observation& observation, const std::string& name);

/// The spec's member of that name, or null.
const MemberSpec* find_member_spec(const Spec& spec, const std::string& name);

/// The listed member of that ID, or null.
const Member* find_member(const MemberList& list, const std::string& id);

/// The newest raft index that a node's etcd of that cluster has committed; 0 where none answers.
std::uint64_t newest_index(const Observation& observation, const std::string& cluster_id);

/// Whether an endpoint is a member's: by the ID that it answers with, else by the URL at which it was asked.
bool is_endpoint_of(const Member& member, const EtcdEndpoint& endpoint);

/// Whether anything at all answered there.
bool answers_at_all(const EtcdEndpoint& endpoint);

/// Whether a container of etcd runs on the node.
bool container_runs(const NodeFacts& facts);

/// Whether a container or a process of etcd does.
bool etcd_runs(const NodeFacts& facts);

/// Whether the kubelet, which runs, may start etcd once more in its pod, though the manifest has just been taken away.
/// Not seen: a pod that it is only about to make.
bool may_start_again(const NodeFacts& facts);

/// The tool of that name on the node itself, or null.
const Tool* find_tool(const NodeFacts& facts, const std::string& name);

/// Why a fact of a node is not known, by its field's name; null where it is known. `data_directory.initialised` is one of the data
/// directory's.
const std::string* reason_unknown(const NodeFacts& facts, const std::string& fact);

/// The path of the manifest that quorate keeps for etcd: `etcd.yaml` in the node's manifest directory.
std::string manifest_path(const NodeFacts& facts);

/// The manifest of etcd that is in force or shall be: `etcd.yaml` itself, else the only other that claims etcd. Null where there is
/// none, or none that can be read.
const Manifest* current_manifest(const NodeFacts& facts);

/// The pod of current_manifest, where there is one.
std::optional<StaticPod> current_pod(const NodeFacts& facts);

/// The newest manifest of etcd's that was put aside on the node, of those that can be read and that `wanted` takes. Null where
/// there is none.
const Manifest* newest_spare(const NodeFacts& facts, const std::function<bool(const StaticPod&)>& wanted);
const Manifest* newest_spare(const NodeFacts& facts);

/// The manifest that was in force before a run set etcd's flags, which that run keeps on the node (manifest_before_path). Null
/// where there is none.
const Manifest* manifest_of_before(const NodeFacts& facts, const std::string& run_id);
std::string manifest_before_path(const std::string& run_id);

/// The IP address or name in `https://10.0.0.1:2380`, without brackets; empty where it is no such URL.
std::string host_of_url(const std::string& url);

/// The part of a path behind its last slash, and the part before.
std::string base_name(const std::string& path);
std::string folder_of(const std::string& path);

/// Parts joined by a separator.
std::string join(const std::vector<std::string>& parts, const std::string& separator);

/// `node1, node2 and node3`.
std::string listed(const std::vector<std::string>& names);

/// Parts of a text between separators; empty parts are left out.
std::vector<std::string> split(const std::string& text, char separator);

/// What a tombstone calls a member without whom its cluster goes on under the same ID.
std::string given_up_member(const std::string& cluster_id, const std::string& member_id);

/// What a tombstone says of whom: `cluster ID`, or `member ID of cluster ID`.
std::string given_up_text(const std::string& tombstone);

/// Whether the node knows that this was given up: a cluster, or a member of one.
bool has_tombstone(const NodeFacts& facts, const std::string& given_up);

/// The run that a lease's ID belongs to: each process that goes on with a run takes a lease of its own, RUN-SUFFIX, so that two of
/// them never hold one at a time.
std::string run_of_lease(const std::string& lease_id);

/// In place of a run's ID, of who takes the records of ended runs away.
inline constexpr char ended_records[] = "ended";

/// What the run of a record is remembered by once it has ended.
std::string begun_as(const RunRecord& record);

/// Whether a node knows that the run of that record has ended: it was left on a node that was out of reach. What was renewed since
/// is of a run that goes on: who saw few of the nodes may have ended it beside those that carry it out. A minute is nothing here,
/// since the nodes are looked at one after another, and a run that goes on renews four times meanwhile.
bool has_ended(const Observation& observation, const RunRecord& record);

/// Why a restore's run gives a cluster up, as its tombstone says it.
std::string given_up_by(const std::string& run_id);

/// Whether a tombstone is of a restore that was undone, left on a node that was out of reach then.
bool is_taken_back(const Observation& observation, const Tombstone& tombstone);

/// What was given up, by any node's tombstone.
class GivenUp {
 public:
  GivenUp() = default;
  /// Without those that are taken back.
  explicit GivenUp(const Observation& observation);

  /// The tombstone that a member of that cluster falls under: the cluster's, or its own; empty: none.
  [[nodiscard]] std::string tombstone_of(const std::string& cluster_id, const std::string& member_id) const;
  [[nodiscard]] bool contains(const std::string& cluster_id, const std::string& member_id) const {
    return !tombstone_of(cluster_id, member_id).empty();
  }
  [[nodiscard]] bool contains_cluster(const std::string& cluster_id) const { return names_.contains(cluster_id); }

 private:
  std::set<std::string> names_;
};

}  // namespace quorate
