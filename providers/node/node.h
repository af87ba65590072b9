// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "providers/etcd/client.h"
#include "providers/ssh/session.h"
#include "schemas/observation.pb.h"
#include "schemas/outcome.h"
#include "schemas/plan.pb.h"
#include "schemas/secret.h"
#include "schemas/status.h"

namespace quorate::node {

using Deadline = std::chrono::steady_clock::time_point;

/// What a probe brings: the facts, and beside them, never in them, what a client of this node's etcd needs.
struct Probe {
  NodeFacts facts;
  etcd::Credentials credentials;  ///< the best pair that the node has: healthcheck-client, else server, else apiserver-etcd-client
};

/// The cluster's etcd CA with its key, in memory only.
struct Authority {
  std::string certificate;
  Secret key;
};

/// The lease by which a run's changes are permitted: every changing call tests in the same shell call that the node's
/// /var/lib/quorate/run.json is this run's and less than 60 seconds old by the node's clock.
struct Lease {
  std::string run_id;
};

/// What a run is remembered by.
struct RunEnded {
  std::string begun_as;  ///< the RunRecord's
  bool undone = false;
};

/// What a node tells another that kubeadm shall join.
struct Invitation {
  std::string endpoint;               ///< the cluster's controlPlaneEndpoint
  std::string configuration_version;  ///< kubeadm.k8s.io/v1beta3
  std::string authority;              ///< the cluster's CA, PEM
};

/// On what grounds a lease that is there already may be taken.
struct Claim {
  std::string dead_lease = {};              ///< its process is known to have ended: it need not have expired
  std::vector<std::string> seen_runs = {};  ///< runs, without their suffix, that the plan goes on with or leaves behind knowingly
};

/// How an attempt to take the lease ended.
struct LeaseResult {
  enum class Kind { taken, held, unseen, failed };
  Kind kind = Kind::failed;
  RunRecord holder;  ///< held, unseen: by whom; taken: the expired or unfinished run that was there before, if any
  std::string detail;
};

/// One control-plane node. Every call ends by its deadline. The mutating ones are idempotent, at most one at a time runs on a node,
/// and each is refused (not_done, "the lease ...") where the lease is not this run's any more.
class Node {
 public:
  virtual ~Node() = default;

  /// Everything, in one round trip, and nothing changed. corrupt: the answer is garbage or was cut off.
  virtual absl::StatusOr<Probe> probe(Deadline deadline) = 0;

  /// Writes run.json where there is none, where the record is of the same lease or of `dead_lease`, or where the lease there has
  /// expired (60 s) and its run is one of `seen_runs`: the record of a run that nobody has looked at is all that says how to go on
  /// with it. unseen: expired, and not one of them.
  virtual LeaseResult take_lease(const RunRecord& record, const Claim& claim, Deadline deadline) = 0;
  virtual Outcome renew_lease(const Lease& lease, Deadline deadline) = 0;
  /// Removes run.json and the run's own empty folder. The run has ended: that is remembered with the 199 ends before it, so that
  /// its record on a node that is out of reach meanwhile says nothing any more. Without a begun_as it is not: it never began.
  virtual Outcome release_lease(const Lease& lease, const RunEnded& ended, Deadline deadline) = 0;
  /// Sets the age of the lease of that run beyond its end: `unlock`.
  virtual Outcome expire_lease(const std::string& run_id, Deadline deadline) = 0;

  virtual Outcome run_command(const Lease& lease, const std::vector<std::string>& arguments, Deadline deadline) = 0;
  virtual Outcome put_file(const Lease& lease, const PutFile& file, Deadline deadline) = 0;
  /// As put_file, for content that must not be in a plan.
  virtual Outcome put_secret_file(const Lease& lease, const std::string& path, const Secret& content, const std::string& mode,
                                  Deadline deadline) = 0;
  /// Both in one folder. The key has the owner of the one before, and its mode unless everybody could read that; else it is for
  /// root alone. etcd reads both at every handshake: they change within a millisecond.
  struct CertificateFiles {
    std::string certificate_path;
    std::string certificate;
    std::string key_path;
    Secret key;
  };
  [[nodiscard]] static bool are_in_one_folder(const CertificateFiles& files) {
    const auto folder = [](const std::string& path) { return path.substr(0, path.rfind('/')); };
    return folder(files.certificate_path) == folder(files.key_path) && files.certificate_path != files.key_path;
  }
  virtual Outcome put_certificate(const Lease& lease, const CertificateFiles& files, Deadline deadline) = 0;
  /// Streams a file of this machine to the node, where its SHA-256 is proven before it has its name. not_done: the file cannot be
  /// read here, or arrived otherwise than it should be.
  virtual Outcome put_snapshot(const Lease& lease, const PutSnapshot& snapshot, Deadline deadline) = 0;
  /// By etcd's own tool on the node. Done already where the folder is there: it has its name once it is whole.
  virtual Outcome restore_snapshot(const Lease& lease, const RestoreSnapshot& restore, Deadline deadline) = 0;
  /// By etcd itself, over a copy of the data. Done already where the snapshot is there: it has its name once it is whole.
  virtual Outcome snapshot_data(const Lease& lease, const SnapshotData& snapshot, Deadline deadline) = 0;
  /// By etcd itself, with --force-new-cluster. Done already where that copy is there: it has its name once it is whole.
  virtual Outcome force_alone(const Lease& lease, const ForceAlone& force, Deadline deadline) = 0;
  /// By etcdctl, of the node's own etcd; the kubelet is started again however that ends. Done already where the snapshot is there.
  virtual Outcome save_served(const Lease& lease, const SaveServed& save, Deadline deadline) = 0;
  /// By etcd itself. not_done: it serves something else than was promised, or does not serve.
  virtual Outcome serve_restored(const Lease& lease, const ServeRestored& serve, Deadline deadline) = 0;
  virtual Outcome move_path(const Lease& lease, const MovePath& move, Deadline deadline) = 0;
  virtual Outcome move_entries(const Lease& lease, const MoveEntries& move, Deadline deadline) = 0;
  virtual Outcome remove_exited_containers(const Lease& lease, Deadline deadline) = 0;

  /// The node's /etc/kubernetes is copied into the folder, once, and `kubeadm reset` takes all of it away but etcd's data.
  /// Without a socket the container runtime is the one that kubeadm finds.
  virtual Outcome kubeadm_reset(const Lease& lease, const std::string& folder, const std::string& cri_socket,
                                Deadline deadline) = 0;
  /// By kubeadm's `upload-certs` and `token create`, from an InitConfiguration without its first line, whose token has that ID.
  /// Waits until a node of that name is not Ready, so that it may join; without a name for none.
  struct Invite {
    std::string token_id;
    std::string node_name;
    Secret configuration;
  };
  virtual Outcome kubeadm_invite(const Lease& lease, const Invite& invite, Invitation& invitation, Deadline deadline) = 0;
  /// kubeadm's phases of a join up to the kubelet, by a JoinConfiguration; then the folder has the mark `kubeadm-joined`. Without a
  /// folder its first phase alone, which changes nothing but that images are pulled.
  virtual Outcome kubeadm_join(const Lease& lease, const std::string& folder, const Secret& configuration, Deadline deadline) = 0;

  /// A file, given to `sink` as it arrives; an error of the sink's ends it, and is returned. not_found: it cannot be read.
  virtual absl::Status read_file(const std::string& path, const ssh::OutputSink& sink, Deadline deadline) = 0;

  /// ca.crt and ca.key of etcd's PKI directory.
  virtual absl::StatusOr<Authority> read_authority(const std::string& directory, Deadline deadline) = 0;
};

}  // namespace quorate::node
