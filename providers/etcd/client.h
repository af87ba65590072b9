// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "schemas/observation.pb.h"
#include "schemas/outcome.h"
#include "schemas/secret.h"
#include "schemas/status.h"

namespace quorate::etcd {

using Deadline = std::chrono::steady_clock::time_point;

/// What a client of etcd shows and trusts; PEM, and only in memory.
struct Credentials {
  std::string authority;  ///< ca.crt
  std::string certificate;
  Secret key;
};

/// Whether a member list is the quorum's, or what the answering member has.
enum class Consistency { linearizable, serializable };

/// Takes a snapshot's bytes as they come; `remaining` as etcd says it. An error ends the stream, and is what it ends with.
using SnapshotPart = std::function<absl::Status(std::string_view bytes, std::uint64_t remaining)>;

/// etcd's hash over keys and values at a revision: equal on members that hold the same (HashKV).
struct StoreHash {
  std::uint32_t hash = 0;
  std::int64_t compact_revision = 0;
};

/// One member's client API. Every call ends by its deadline. Calls may come from several threads.
/// Errors are told apart by etcd's own texts where its codes differ between versions (etcd-io/etcd rpctypes).
class Client {
 public:
  virtual ~Client() = default;

  virtual absl::StatusOr<EndpointStatus> status(Deadline deadline) = 0;
  /// Sorted by ID. Linearizable without a quorum waits for etcd's seven seconds (etcd 3.5 and later).
  virtual absl::StatusOr<MemberList> member_list(Consistency consistency, Deadline deadline) = 0;

  /// The whole store as a bbolt database, and behind it its SHA-256: 32 bytes. Answered without a quorum too, by a member that was
  /// not restarted since (etcd-facts 1.2). timed_out: etcd sent nothing for `stall`, while the part before had been taken.
  /// cancelled: `stop` said so, which is asked several times a second.
  virtual absl::Status snapshot(const SnapshotPart& part, std::chrono::milliseconds stall, const std::function<bool()>& stop) = 0;
  /// As this member has it. precondition: that revision was compacted, or is not there yet.
  virtual absl::StatusOr<StoreHash> hash_of_store(std::int64_t revision, Deadline deadline) = 0;
  /// How many keys there are at a revision, as this member has it.
  virtual absl::StatusOr<std::uint64_t> count_keys(std::int64_t revision, Deadline deadline) = 0;

  // Each of these is idempotent where etcd's answer shows that it was done before. A timeout or a broken connection is unknown.

  /// Adds a learner. Peer URL listed already as a learner: done. Unhealthy cluster, too many learners: not yet.
  virtual Outcome add_learner(const std::string& peer_url, Deadline deadline) = 0;
  /// Removes. Not a member: done.
  virtual Outcome remove_member(const std::string& member_id, Deadline deadline) = 0;
  /// Promotes. Already a voter: done (looked up afresh). Not in sync: not yet.
  virtual Outcome promote_member(const std::string& member_id, Deadline deadline) = 0;
  virtual Outcome update_member(const std::string& member_id, const std::string& peer_url, Deadline deadline) = 0;
  /// Deletes every key that begins with the prefix, which is not empty. done: with how many there were.
  virtual Outcome delete_prefix(const std::string& prefix, Deadline deadline) = 0;
  /// Drops all history before the newest revision, and waits until it is out of the database. Compacted so already: done.
  virtual Outcome compact(Deadline deadline) = 0;
  /// Writes that member's database anew without what is free in it. It answers nothing else meanwhile: about 7 s for a GB
  /// (etcd-facts 9).
  virtual Outcome defragment(Deadline deadline) = 0;
  /// Takes an alarm, `NOSPACE` or `CORRUPT`, off every member that has raised it. done: with how many there were.
  virtual Outcome disarm(const std::string& alarm, Deadline deadline) = 0;
  /// Must be asked of the leader. Not the leader any more: done where the leader is another.
  virtual Outcome move_leader(const std::string& to_member_id, Deadline deadline) = 0;
};

/// A client whose connections go to a unix socket (a forward to an etcd), with TLS end to end. `server_name` is what the served
/// certificate must be valid for: a DNS name or an IP address. Nothing is connected yet. invalid: the credentials are not PEM.
absl::StatusOr<std::unique_ptr<Client>> make_client(const std::string& socket_path, const std::string& server_name,
                                                    const Credentials& credentials);

/// Of an etcd without TLS on a unix socket, in a folder that is this process's own. Nothing is connected yet.
absl::StatusOr<std::unique_ptr<Client>> make_plain_client(const std::string& socket_path);

}  // namespace quorate::etcd
