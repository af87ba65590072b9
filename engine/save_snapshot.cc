// SPDX-License-Identifier: Apache-2.0
#include "engine/save_snapshot.h"

#include <chrono>

namespace quorate {
namespace {

// etcd commits what it holds before the first part: seconds for a large one on a slow disk.
constexpr std::chrono::seconds stall(30);

}  // namespace

absl::Status save_snapshot(etcd::Client& client, snapshots::SnapshotWriter& writer, const TransferProgress& progress,
                           const StopRequest& stop) {
  const auto take = [&](std::string_view bytes, std::uint64_t remaining) {
    const absl::Status added = writer.add(bytes);
    if (added.ok()) progress(writer.bytes(), remaining);
    return added;
  };
  const absl::Status streamed = client.snapshot(take, stall, [&] { return stop.stop_requested(); });
  if (!streamed.ok()) return streamed;
  return writer.finish();
}

}  // namespace quorate
