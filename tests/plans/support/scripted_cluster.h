// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

inline constexpr const char* scripted_cluster_id = "cdf818194e3a8c32";
inline constexpr const char* other_cluster_id = "7e27652122e8b2ae";
inline constexpr std::int64_t scripted_now = 1772334000;     // 2026-03-01 03:00 UTC
inline constexpr std::int64_t scripted_expiry = 1801440000;  // 2027-02-01
inline constexpr const char* scripted_image = "k8s.gcr.io/etcd:3.4.13-0";
inline constexpr const char* manifest_folder = "/etc/kubernetes/manifests";

/// What etcd does on a node of a scripted cluster.
enum class Running {
  up,        ///< it takes part: it answers, and knows a leader where a quorum is up
  starting,  ///< it runs and answers nothing
  failing,   ///< its container exits again and again
  stopped,
  stray,  ///< it serves a cluster of its own
};

struct ScriptedData {
  bool initialised = true;
  std::string member_id;
  std::string cluster_id = scripted_cluster_id;
  bool alone = false;  ///< of the cluster as it goes on after --force-new-cluster, under the ID that it had
  std::vector<std::string> entries = {"member"};
  std::string owner = "0:0";
  std::uint64_t free_bytes = 40'000'000'000;
  std::vector<DiskUse> largest = {};
  std::optional<LogEnd> log_end = {};  ///< as it is read where nothing serves
  std::string ends_with = {};          ///< the line with which etcd ends at each start with it; empty: it does not
};

struct ScriptedCertificate {
  bool present = true;
  std::int64_t not_after = scripted_expiry;
  bool key_matches = true;
  bool signed_by_authority = true;
  std::vector<std::string> sans;        ///< instead of kubeadm's
  std::vector<std::string> more_names;  ///< DNS:name, beside kubeadm's
  std::vector<std::string> usages;      ///< client, server; as kubeadm's where none is said
  std::string key_mode = "600";
  std::string issuer;  ///< as ScriptedNode's authority; empty: that one
  int issued = 0;      ///< so often by quorate
};

struct ScriptedNode {
  std::string name;
  std::string host;
  std::string address;
  std::vector<std::string> more_addresses;  ///< of the machine
  SshState::State ssh = SshState::REACHABLE;
  bool port_open = false;  ///< to a neighbour, where SSH does not answer
  std::string kubelet = "active";
  std::string kubelet_error;  ///< the last line of its log
  Running etcd = Running::up;
  bool waits_for_quorum = false;  ///< it was started without one: it votes, and answers no client
  std::string runs_with;          ///< a flag that the running etcd has, and its manifest has not
  ScriptedData data;
  std::map<std::string, std::string> manifests;        ///< path -> content
  std::map<std::string, std::string> spare_manifests;  ///< path -> content
  std::vector<std::string> other_manifests = {"kube-apiserver.yaml", "kube-controller-manager.yaml", "kube-scheduler.yaml"};
  std::map<std::string, ScriptedCertificate> certificates;                ///< server.crt, ...
  std::map<std::string, ScriptedCertificate> control_plane_certificates;  ///< by path
  bool shows_other_certificate = false;                                   ///< than the one on its disk
  std::string authority = "ca";                                           ///< the CA's fingerprint; empty: there is none
  std::vector<std::string> more_authorities;                              ///< of ca.crt, behind that one
  std::string next_authority;                                             ///< kept aside for a rotation; empty: none is
  std::set<std::string> trusts;  ///< CAs that its running etcd has read, by their common names; empty: those of ca.crt
  bool authority_key = true;
  std::string authority_key_of;                 ///< whose key that is; empty: the one that `authority` is
  std::map<std::string, std::string> unknowns;  ///< a fact's name -> why the node could not tell it
  std::vector<std::string> log;
  std::vector<std::string> older_log;      ///< of an exited container beside the newest
  bool unheard = false;                    ///< its member was removed, and it does not know
  int stray_members = 1;                   ///< of the cluster that a stray one serves
  std::vector<std::string> errors;         ///< of the endpoint's status
  std::uint64_t in_use = 0;                ///< bytes of its database
  std::uint64_t database = 36'700'160;     ///< and with what is free in it
  std::uint32_t hash = 77;                 ///< of its store; asked where stores are in doubt
  std::int64_t compared_revision = 61000;  ///< of its own store, which its etcd compared before it ended
  std::int64_t clock_skew_milliseconds = 12;
  bool has_ctr = false;                                  ///< containerd's own tool, which mounts images
  Tool restore_tool;                                     ///< without a name: there is none
  std::vector<SetAside> folders;                         ///< of quorate's, in the data directory
  std::vector<std::string> parked;                       ///< paths of manifests of the control plane that runs parked
  std::vector<std::string> tombstones;                   ///< IDs of clusters that were given up
  std::map<std::string, std::string> tombstone_reasons;  ///< of those that a plan wrote
  bool api_server = true;
  bool api_server_ready = true;
  std::string image = scripted_image;      ///< of etcd, that it has; empty: none
  std::string kubeadm;                     ///< its version, with kubectl beside it; empty: neither is there
  std::vector<std::string> kubeadm_marks;  ///< paths: how far runs have joined it by kubeadm
  std::optional<RunRecord> run;
  std::vector<EndedRun> ended_runs;
};

struct ScriptedMember {
  std::string id;
  std::string name;  ///< empty: never started
  std::string peer_url;
  std::vector<std::string> more_peer_urls = {};
  bool learner = false;
  bool live_elsewhere = false;  ///< it answers, and no node of the spec is its own
  bool port_open = false;       ///< of such a one, where it does not
};

/// A cluster as a script tells it: the truth from which a spec and an observation are made.
struct ScriptedCluster {
  Spec spec;
  std::vector<ScriptedNode> nodes;
  std::string cluster_id = scripted_cluster_id;  ///< of the one that these are members of
  std::vector<ScriptedMember> members;
  std::string leader_id;
  std::uint64_t raft_index = 84211;
  std::string workstation_authority;  ///< as ScriptedNode's; of the folder that the spec names, if it names one
  bool workstation_key = false;
  std::string workstation_key_mode = "600";

  ScriptedNode& node(const std::string& name);
  ScriptedMember* member_of(const ScriptedNode& node);
  /// The member whose data the node has and with which it takes part; null where it does not.
  [[nodiscard]] const ScriptedMember* active_member(const ScriptedNode& node) const;
  [[nodiscard]] bool has_leader() const;
  /// Another live voter leads where the leader is not live.
  void elect();
  [[nodiscard]] Observation observe() const;
};

/// The common name of a CA whose fingerprint is made of that text; and all of a node's ca.crt, by those texts.
std::string authority_name(const std::string& authority);
std::vector<std::string> authorities_of(const ScriptedNode& node);

/// Whether its ca.key is there and belongs to its ca.crt.
bool has_key_of_authority(const ScriptedNode& node);

/// `node3` -> the ID of its first member; the same in every run.
std::string scripted_id(const std::string& node);

/// A healthy kubeadm 1.20 cluster of the nodes `name[@address]`.
ScriptedCluster healthy_cluster(const std::vector<std::string>& nodes);

/// etcd.yaml as kubeadm 1.20 writes it. `arguments` are added at the end of etcd's.
std::string scripted_manifest(const std::string& node, const std::string& address, const std::string& initial_cluster,
                              const std::vector<std::string>& arguments = {}, const std::string& image = scripted_image);

/// The certificates of a node that kubeadm set up.
std::map<std::string, ScriptedCertificate> all_certificates();

}  // namespace quorate
