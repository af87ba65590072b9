// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "engine/execute.h"
#include "providers/etcd/client.h"
#include "providers/node/node.h"
#include "providers/snapshots/snapshot_writer.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/snapshot.pb.h"

namespace quorate {

/// Told as bytes arrive: how many have, and how many etcd says are still to come.
using TransferProgress = std::function<void(std::uint64_t bytes, std::uint64_t remaining)>;

/// Streams a member's snapshot into the writer, and proves it: what is there afterwards is whole, and what the member sent. Memory:
/// one part of the stream. cancelled: `stop` said so; timed_out: etcd sent nothing for 30 s; corrupt: its SHA-256 is not right.
absl::Status save_snapshot(etcd::Client& client, snapshots::SnapshotWriter& writer, const TransferProgress& progress,
                           const StopRequest& stop);

/// Brings a snapshot, or a database file, from a node to `target` on the workstation, as far proven as `ends` says. not_found: it
/// cannot be read there; corrupt: it is not whole and sound.
absl::Status fetch_snapshot(node::Node& node, const std::string& path, const std::string& target,
                            snapshots::SnapshotWriter::Ends ends, node::Deadline deadline);

/// How a snapshot is named: CLUSTER-ID-20260301T030000Z.db
std::string snapshot_name(const std::string& cluster, const std::string& cluster_id, std::int64_t taken_at_seconds);

/// Where a snapshot comes from.
struct SnapshotOrigin {
  std::string cluster;  ///< the spec's name of it
  std::string cluster_id;
  bool with_quorum = false;
  const NodeObservation& node;
  std::int64_t taken_at_seconds = 0;
};

/// Of a file that was saved and proven: what it holds, what its member says of the same revision, and where it comes from, beside
/// it as FILE.json. corrupt: it cannot be read as etcd's; others: only what is said of it is missing.
absl::StatusOr<SnapshotDescriptor> describe_snapshot(const std::string& path, const snapshots::SnapshotWriter& written,
                                                     etcd::Client& client, const SnapshotOrigin& origin);

}  // namespace quorate
