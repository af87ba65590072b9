// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "plans/assess.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"
#include "schemas/static_pod.h"
#include "schemas/status.h"

namespace quorate {

/// A member as it will be when a step's turn comes.
struct ExpectedMember {
  std::string id;    ///< empty: it will be added
  std::string name;  ///< of its node where it never started
  std::string peer_url;
  bool learner = false;
  bool live = false;
  std::vector<std::string> more_peer_urls = {};  ///< listed behind the first
};

/// What steps are written out from. `members` is what the steps before will have made of the membership; each step that changes it
/// says so here.
struct StepContext {
  const Spec& spec;
  const Observation& observation;
  const Situation& situation;
  std::string run_id;
  std::vector<ExpectedMember> members;
  const Intent::Restore* restore = nullptr;  ///< pinned; null: none is asked for
  std::uint64_t database_bytes = 0;          ///< what a member that joins is taken to receive
  /// What steps before have parked of nodes' control planes, and have put back, by the manifests' names.
  std::map<std::string, std::set<std::string>> parked = {};
  std::map<std::string, std::set<std::string>> placed = {};
  /// The manifests of etcd that steps before have put in force, by node.
  std::map<std::string, Manifest> started = {};
  std::set<std::string> alarms = {};  ///< that are on, by which etcd refuses writes
  std::string leader_id = {};         ///< as hand-overs before have made it; empty: nobody knows
};

/// Fills in everything of a step but its action, its why, its ID and `after`. The one switch over all kinds of steps: a new kind is
/// its message, its case here, and its file. precondition: it cannot be written out (no address, no manifest), which the procedures
/// should have refused.
absl::Status visit_step(StepContext& context, Step& step);

// One file each.
absl::Status write_out(const RemoveMember& action, StepContext& context, Step& step);
absl::Status write_out(const StopEtcd& action, StepContext& context, Step& step);
absl::Status write_out(const SetAsideData& action, StepContext& context, Step& step);
absl::Status write_out(const InstallAuthority& action, StepContext& context, Step& step);
absl::Status write_out(const IssueCertificates& action, StepContext& context, Step& step);
absl::Status write_out(const AddLearner& action, StepContext& context, Step& step);
absl::Status write_out(const StartEtcd& action, StepContext& context, Step& step);
absl::Status write_out(const CatchUp& action, StepContext& context, Step& step);
absl::Status write_out(const PromoteLearner& action, StepContext& context, Step& step);
absl::Status write_out(const VerifyMember& action, StepContext& context, Step& step);
absl::Status write_out(const MoveLeader& action, StepContext& context, Step& step);
absl::Status write_out(const ParkManifest& action, StepContext& context, Step& step);
absl::Status write_out(const RepairDataOwner& action, StepContext& context, Step& step);
absl::Status write_out(const SetFlags& action, StepContext& context, Step& step);
absl::Status write_out(const PutManifestBack& action, StepContext& context, Step& step);
absl::Status write_out(const UpdatePeerUrls& action, StepContext& context, Step& step);
absl::Status write_out(const VerifyCluster& action, StepContext& context, Step& step);
absl::Status write_out(const SaveSnapshot& action, StepContext& context, Step& step);
absl::Status write_out(const BringSnapshot& action, StepContext& context, Step& step);
absl::Status write_out(const BringTools& action, StepContext& context, Step& step);
absl::Status write_out(const RestoreBeside& action, StepContext& context, Step& step);
absl::Status write_out(const StopControlPlane& action, StepContext& context, Step& step);
absl::Status write_out(const StopMembers& action, StepContext& context, Step& step);
absl::Status write_out(const SwitchData& action, StepContext& context, Step& step);
absl::Status write_out(const StartRestored& action, StepContext& context, Step& step);
absl::Status write_out(const VerifyStore& action, StepContext& context, Step& step);
absl::Status write_out(const DropMasterLeases& action, StepContext& context, Step& step);
absl::Status write_out(const StartControlPlane& action, StepContext& context, Step& step);
absl::Status write_out(const DrillOnNode& action, StepContext& context, Step& step);
absl::Status write_out(const ForceNewCluster& action, StepContext& context, Step& step);
absl::Status write_out(const ClearRestore& action, StepContext& context, Step& step);
absl::Status write_out(const SwitchBack& action, StepContext& context, Step& step);
absl::Status write_out(const StartAgain& action, StepContext& context, Step& step);
absl::Status write_out(const BackUp& action, StepContext& context, Step& step);
absl::Status write_out(const CompactStore& action, StepContext& context, Step& step);
absl::Status write_out(const Defragment& action, StepContext& context, Step& step);
absl::Status write_out(const DisarmAlarm& action, StepContext& context, Step& step);
absl::Status write_out(const PruneSetAsides& action, StepContext& context, Step& step);
absl::Status write_out(const GiveUpCluster& action, StepContext& context, Step& step);
absl::Status write_out(const PullImage& action, StepContext& context, Step& step);
absl::Status write_out(const RenewByKubeadm& action, StepContext& context, Step& step);
absl::Status write_out(const CreateAuthority& action, StepContext& context, Step& step);
absl::Status write_out(const SetAuthorities& action, StepContext& context, Step& step);
absl::Status write_out(const ForgetNextAuthority& action, StepContext& context, Step& step);
absl::Status write_out(const MoveMember& action, StepContext& context, Step& step);
absl::Status write_out(const TryKubeadm& action, StepContext& context, Step& step);
absl::Status write_out(const JoinByKubeadm& action, StepContext& context, Step& step);
absl::Status write_out(const FinishKubeadmJoin& action, StepContext& context, Step& step);

// What several steps share.

/// Where a run parks manifests on a node: never inside the manifest directory (k/k#129364).
std::string parking_directory(const StepContext& context);

/// Where a manifest of the node's is parked: never over another that the run parked before.
std::string parking_place(const StepContext& context, const NodeFacts& facts, const Manifest& manifest);

/// That folder for data that is set aside, or one of its name and a number: what an earlier attempt has set aside is kept, whole
/// and apart.
std::string unused_folder(const NodeFacts& facts, const std::string& path);

/// How long a learner may take until the leader's whole database has reached it: kubeadm's four minutes are enough for 120 MiB over
/// a slow line of 1 MiB a second.
std::uint32_t seconds_to_receive(const StepContext& context);

/// How kubeadm joins a node, invited by another. precondition: no address of it is known.
absl::StatusOr<KubeadmJoin> kubeadm_join(const StepContext& context, const std::string& node, const std::string& from);

/// Whether each start by a manifest would make the member a cluster of its own; and that a step must not start it so.
bool forces_new_cluster(const Manifest& manifest);
absl::Status refused_to_force(const std::string& node, const std::string& path);

/// What `started` keeps of a manifest.
Manifest manifest_at(const std::string& path, const std::string& content);

/// A manifest as kubeadm leaves it: root's, mode 600.
PutFile manifest_file(const std::string& node, const std::string& path, const std::string& content);

/// The listed member on a node, or null.
const MemberSituation* member_on(const StepContext& context, const std::string& node);

/// That every voter serves before a live one is restarted, and that there is a quorum without it meanwhile: with fewer than three
/// there is none, and the step says for how long.
void guard_restart(const std::string& node, StepContext& context, Step& step);

/// Where that member leads, and goes or is restarted: the step says for how long writes stop.
void expect_election_without(const std::string& member_id, StepContext& context, Step& step);

/// Restarts etcd with its manifest edited, and puts the one of before, which the run keeps, back where it does not serve.
/// `is_cut_off`: its member is not live, and need not be for that. precondition: there is none that can be edited.
absl::Status restart_with(const ManifestEdit& edit, const std::string& node, bool is_cut_off, StepContext& context, Step& step);

/// Puts etcd's manifest where the kubelet runs it.
void put_manifest(const std::string& node, const std::string& content, const NodeFacts& facts, Step& step);

/// `rm FLAGS -- PATH...` on a node.
void remove_paths(const std::string& node, const std::string& flags, const std::vector<std::string>& paths, Step& step);

/// `on node1, node2 and node3`.
std::string on_nodes(const google::protobuf::RepeatedPtrField<std::string>& nodes);

/// Writes the tombstone of a cluster on a node.
void put_tombstone(const std::string& node, const std::string& cluster_id, const std::string& reason, Step& step);

/// Whether the node is back with a cluster that was given up: this plan stops its API server, and starts it once its etcd is a
/// voter.
bool is_fenced(const StepContext& context, const std::string& node);

/// The diagnosis of a node of the spec.
const NodeSituation& situation_of(const StepContext& context, const std::string& node);

/// Parks a manifest of the control plane's, or puts back one that this run parked or will have parked, or else an earlier one.
Operation park_control_plane_manifest(const StepContext& context, const std::string& node, const std::string& name);
Operation place_manifest_again(const StepContext& context, const std::string& node, const std::string& name);

/// The operations that put every manifest of etcd on a node out of the kubelet's sight: those that are there, or that a step before
/// has put there.
std::vector<Operation> park_all_manifests(const StepContext& context, const std::string& node);

/// The peer URL of a node's member: the listed one, where it is the node's own; else its manifest's; else made from its address.
/// Empty: none can be made.
std::string peer_url_for(const Spec& spec, const Observation& observation, const Situation& situation, const std::string& node);

/// The manifest with which a node's etcd runs, and its edits: its own, else one that was parked or backed up on it, else a
/// serving node's, made its own; for a restore any node's, or as kubeadm would write it. `initial_cluster` empty: the member has
/// its data already, and the flags of joining stay.
absl::StatusOr<std::string> manifest_for(const StepContext& context, const std::string& node, const std::string& initial_cluster);

/// The image that this one names. Empty: there will be none.
std::string image_of_manifest_for(const StepContext& context, const std::string& node, const std::string& initial_cluster);

/// Whether that one is made, since none is left anywhere.
bool makes_manifest(const StepContext& context, const std::string& node);

/// The facts of a node that the step's action names; an empty record where it was not probed.
const NodeFacts& facts_of(const StepContext& context, const std::string& node);

/// Where etcd's CA is: on a node, or (empty) on the workstation.
std::string authority_directory(const StepContext& context, const std::string& signer);

/// `node3=https://10.0.0.3:2380,...`, with the node's own name for its own URL.
std::string initial_cluster_of(const StepContext& context, const std::string& node);

}  // namespace quorate
