// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plans/quorum.h"

namespace quorate {

/// Whether a node can be worked on.
enum class Access {
  answers,
  silent,  ///< no answer: it may be gone, or rebooting, or cut off
  barred,  ///< it answers, but a person must act first: host key, login, sudo, a garbled probe
};

/// What etcd does on a node.
enum class EtcdState {
  serving,   ///< its client port answers as a member of this cluster
  starting,  ///< it runs and does not answer
  failing,   ///< its container exits, again and again
  stopped,   ///< nothing runs, and nothing is about to
  stray,     ///< it serves another cluster than this one
  unknown,
};

/// What a node's data directory holds, seen from the live membership.
enum class DataState {
  none,     ///< no WAL
  own,      ///< a listed member's
  removed,  ///< a member's that is not listed
  foreign,  ///< another cluster's
  stale,    ///< a listed member's, older than what that member had acknowledged
  damaged,  ///< a listed member's, which etcd cannot read
  corrupt,  ///< a listed member's, with other keys or values than most members have at the same revision
  copied,   ///< a listed member's, but not this node's: a copy, or a clone of its machine
  unknown,
};

/// Whether a node's etcd has to begin anew, with other data than this.
inline bool is_of_no_use(DataState data) {
  switch (data) {
    case DataState::removed:
    case DataState::foreign:
    case DataState::stale:
    case DataState::damaged:
    case DataState::corrupt:
    case DataState::copied: return true;
    case DataState::none:
    case DataState::own:
    case DataState::unknown: return false;
  }
  return false;
}

/// Where etcd's CA can sign.
enum class Signing {
  on_nodes,        ///< on those that have its key
  on_workstation,  ///< as the spec wants it: spec.certificates.authority
  nowhere,         ///< the spec wants that, and what is there is of no use
};

enum class ManifestState { present, absent, unreadable, several };

/// How far a restore has come on a node.
struct RestoreProgress {
  bool folder = false;       ///< what it works in is there
  bool snapshot = false;     ///< the snapshot is there, proven
  bool restored = false;     ///< beside the data, and not in force
  bool in_place = false;     ///< the data directory holds the restored cluster's data
  bool aside = false;        ///< what it held before is set aside
  bool serves = false;       ///< its etcd serves the restored cluster
  bool etcd_parked = false;  ///< by this run, as the next two
  bool api_server_parked = false;
  bool controllers_parked = false;
  bool api_server_placed = false;  ///< its manifest is where the kubelet runs it
  bool all_tombstones = false;     ///< of the clusters that it puts out of force
  bool any_tombstone = false;

  auto operator<=>(const RestoreProgress&) const = default;
};

/// How far an unfinished run has joined a node by kubeadm.
enum class KubeadmState {
  none,
  joined,    ///< up to the kubelet, without etcd
  finished,  ///< with what comes after etcd
};

/// Why a certificate that is there is to be replaced.
struct Renewal {
  std::string fingerprint;              ///< of what is there
  std::string reason;                   ///< `expires soon`
  std::vector<std::string> lacks = {};  ///< names, as `IP:10.0.0.1`
  bool waits = false;                   ///< an unfinished run was not approved to do it

  auto operator<=>(const Renewal&) const = default;
};

/// One node of the spec, as far as decisions need it.
struct NodeSituation {
  std::string name;
  Access access = Access::silent;
  bool kubelet_active = false;
  bool kubelet_fails = false;  ///< it does not stay up: starting it is no remedy
  EtcdState etcd = EtcdState::unknown;
  DataState data = DataState::unknown;
  ManifestState manifest = ManifestState::absent;
  bool certificates_good = false;    ///< there, readable, in force, with their keys
  bool certificates_unseen = false;  ///< they cannot be seen: neither good nor bad
  bool authority_present = false;
  bool authority_key_present = false;
  bool data_owner_wrong = false;
  bool peer_url_wrong = false;      ///< a listed peer URL is not one at which its etcd can be reached
  bool stray_has_peers = false;     ///< the other cluster that it serves has more members than itself
  bool peer_port_open = false;      ///< something on the node's etcd ports accepts connections
  bool etcd_unseen = false;         ///< its containers, processes or ports cannot be seen: etcd cannot be proven stopped
  bool data_unseen = false;         ///< whether it holds data cannot be seen
  bool data_leftovers = false;      ///< the data directory has entries, initialised or not
  bool needs_person = false;        ///< its log names a cause that no procedure mends: a port, a flag, a version, a full disk
  bool store_differs = false;       ///< its etcd does not start: its store has other keys or values than a peer's
  bool cause_stays = false;         ///< of these, one that fresh data does not mend either: a port, a flag, a full disk
  bool disk_short = false;          ///< its data's file system has less room than a member needs
  bool cannot_defragment = false;   ///< so, and less than a second copy of its database needs
  bool separate_wal = false;        ///< its manifest has --wal-dir, and what is there no step sets aside
  bool spare_manifest = false;      ///< a manifest of etcd's can be had: its own, a parked or a backed up one
  bool new_peer_url_known = false;  ///< a URL for a new member on it can be made
  bool api_server = false;
  bool api_server_unready = false;       ///< though it is where the kubelet runs it
  bool control_plane = false;            ///< an API server, controller manager or scheduler runs, or will be run
  bool api_server_left_parked = false;   ///< a run has stopped its API server, and it is not started again
  bool controllers_left_parked = false;  ///< so with its controller manager or scheduler
  std::string tombstone;                 ///< what it serves, or holds the data of, was given up under this name; empty: was not
  bool asserted_lost = false;
  bool asserted_replace = false;
  std::vector<std::string> expired_set_asides;           ///< folders of data set aside, which the spec lets go
  std::optional<std::size_t> member;                     ///< its listed member, as an index
  std::map<std::string, Renewal> certificates_to_renew;  ///< by kubeadm's names; see certificates_to_renew
  std::set<std::string> control_plane_to_renew;          ///< asked for, by kubeadm's names
  std::vector<std::string> authorities;                  ///< common names of the CAs of ca.crt, in its order
  std::string next_authority;                            ///< of the one that is kept there for a rotation, with its key
  bool authority_key_file = false;                       ///< ca.key is there, whosever it is
  std::map<std::string, std::string> issuers;            ///< of etcd's certificates there, by kubeadm's names
  bool has_kubeadm = false;
  bool renewal_asked = false;                      ///< by a person, of these
  bool serves_other_certificate = false;           ///< etcd shows another than the one that is on the disk
  std::map<std::string, std::string> other_flags;  ///< the spec's extraArgs that its manifest has not, or otherwise
  std::string larger_quota;                        ///< the one of these that etcd's database may grow to; else empty
  bool fits_quota = false;                         ///< its database is a tenth below that, or below its manifest's
  std::string moves_to;            ///< the spec's address, where its etcd serves at another one, and the machine has it
  bool has_left = false;           ///< its member is listed at an address that the machine has no more, and it has the spec's
  bool listed_elsewhere = false;   ///< so, and its member is listed at the other one
  bool listens_elsewhere = false;  ///< so, and its manifest has the other one
  bool peers_elsewhere = false;    ///< so, and it listens for its peers there
  RestoreProgress restore;
  bool aside_by_run = false;     ///< an unfinished run has set its data aside, and that is there
  std::string peer_url_before;   ///< at which an unfinished run, which moves it, has found it, or it serves still
  bool manifest_before = false;  ///< an unfinished run has set its flags, and its manifest of before is kept there
  bool needs_tools = false;      ///< to restore with, or to serve a copy of its data with: the workstation's are brought
  std::string missing_image;     ///< etcd's, which its manifest will name and the node has not; empty: it is there, or nobody knows
  bool by_kubeadm = false;       ///< a person wants it reset, and joined by kubeadm
  KubeadmState kubeadm = KubeadmState::none;
  std::string kubeadm_inviter;   ///< a node that can invite it; empty: none
  std::string kubeadm_obstacle;  ///< why kubeadm cannot join it; empty: it can

  auto operator<=>(const NodeSituation&) const = default;

  /// Its certificates, its kubelet's settings and all of its control plane are still to be made by kubeadm.
  [[nodiscard]] bool awaits_kubeadm() const { return by_kubeadm && kubeadm == KubeadmState::none; }
  [[nodiscard]] bool given_up() const { return !tombstone.empty(); }
  /// It runs, or a run has stopped it.
  [[nodiscard]] bool has_control_plane() const { return control_plane || api_server_left_parked || controllers_left_parked; }
  /// Its control plane is stopped while its certificates are renewed, and started with new ones.
  [[nodiscard]] bool renews_control_plane() const {
    return !control_plane_to_renew.empty() && access == Access::answers && !awaits_kubeadm();
  }
};

/// One listed member.
struct MemberSituation {
  std::string id;
  std::string name;
  std::string peer_url;
  std::vector<std::string> more_peer_urls;  ///< listed behind the first
  bool learner = false;
  bool started = false;  ///< it has published its name
  bool live = false;     ///< its endpoint answers and knows a leader
  bool answers = false;  ///< it is no node's of the spec, and its ports answer a neighbour
  bool asserted_lost = false;
  bool store_unseen = false;  ///< stores differ, and it gave no hash of its own
  std::string store;          ///< stores differ: equal for those that are alike
  std::optional<std::size_t> node;

  auto operator<=>(const MemberSituation&) const = default;
};

/// The diagnosis: the only way in to the decisions. A small plain value.
struct Situation {
  std::string cluster_id;  ///< empty: no cluster was found
  std::string leader_id;
  std::vector<NodeSituation> nodes;      ///< in the spec's order
  std::vector<MemberSituation> members;  ///< by ID
  bool no_space = false;                 ///< a store is full, and every write is refused
  bool corrupt = false;                  ///< members have found that their stores differ, and nothing is served
  Signing signing = Signing::on_nodes;
  bool stores_undecided = false;  ///< so, and which of them is right cannot be told from their hashes
  std::string next_authority;     ///< common name of the CA that a person wants instead; empty: none, or it is done
  bool decidable = true;          ///< false: nothing may be planned; the refusals say why

  auto operator<=>(const Situation&) const = default;

  [[nodiscard]] std::size_t voters() const {
    std::size_t count = 0;
    for (const MemberSituation& member : members) count += member.learner ? 0 : 1;
    return count;
  }
  [[nodiscard]] std::size_t live_voters() const {
    std::size_t count = 0;
    for (const MemberSituation& member : members) count += !member.learner && member.live ? 1 : 0;
    return count;
  }
  [[nodiscard]] bool quorum() const { return has_quorum(voters(), live_voters()) && !leader_id.empty(); }
};

}  // namespace quorate
