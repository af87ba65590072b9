// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "engine/execute.h"
#include "providers/etcd/client.h"
#include "providers/snapshots/snapshot_writer.h"

namespace quorate {

/// Told as bytes arrive: how many have, and how many etcd says are still to come.
using TransferProgress = std::function<void(std::uint64_t bytes, std::uint64_t remaining)>;

/// Streams a member's snapshot into the writer, and proves it: what is there afterwards is whole, and what the member sent. Memory:
/// one part of the stream. cancelled: `stop` said so; timed_out: etcd sent nothing for 30 s; corrupt: its SHA-256 is not right.
absl::Status save_snapshot(etcd::Client& client, snapshots::SnapshotWriter& writer, const TransferProgress& progress,
                           const StopRequest& stop);

}  // namespace quorate
