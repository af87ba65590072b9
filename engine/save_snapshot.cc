// SPDX-License-Identifier: Apache-2.0
#include "engine/save_snapshot.h"

#include <chrono>
#include <ctime>
#include <filesystem>

#include "engine/files.h"
#include "providers/snapshots/snapshot_file.h"
#include "schemas/document.h"
#include "schemas/json.h"

namespace quorate {
namespace {

// etcd commits what it holds before the first part: seconds for a large one on a slow disk.
constexpr std::chrono::seconds stall(30);
constexpr std::chrono::seconds ask_limit(60);

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

absl::Status fetch_snapshot(node::Node& node, const std::string& path, const std::string& target,
                            snapshots::SnapshotWriter::Ends ends, node::Deadline deadline) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(target).parent_path(), ignored);
  const absl::StatusOr<std::unique_ptr<snapshots::SnapshotWriter>> writer = snapshots::SnapshotWriter::to_file(target, ends);
  if (!writer.ok()) return writer.status();
  const auto take = [&](std::string_view bytes) { return (*writer)->add(bytes); };
  if (absl::Status read = node.read_file(path, take, deadline); !read.ok()) return read;
  return (*writer)->finish();
}

std::string snapshot_name(const std::string& cluster, const std::string& cluster_id, std::int64_t taken_at_seconds) {
  const std::time_t time = taken_at_seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[32];
  return cluster + "-" + cluster_id + "-" + std::string(text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)) + ".db";
}

absl::StatusOr<SnapshotDescriptor> describe_snapshot(const std::string& path, const snapshots::SnapshotWriter& written,
                                                     etcd::Client& client, const SnapshotOrigin& origin) {
  absl::StatusOr<SnapshotContents> contents = snapshots::contents_of_verified(path);
  if (!contents.ok()) return contents.status();
  const auto deadline = std::chrono::steady_clock::now() + ask_limit;
  const absl::StatusOr<std::uint64_t> keys = client.count_keys(contents->revision(), deadline);
  if (!keys.ok()) return annotate(keys.status(), "counting the keys of " + origin.node.name());
  contents->set_keys(*keys);
  SnapshotDescriptor descriptor;
  descriptor.set_api_version(document_version);
  descriptor.set_kind("Snapshot");
  descriptor.set_cluster(origin.cluster);
  descriptor.set_cluster_id(origin.cluster_id);
  descriptor.set_taken_at_seconds(origin.taken_at_seconds);
  descriptor.set_bytes(written.bytes());
  descriptor.set_sha256(written.sha256());
  *descriptor.mutable_contents() = *contents;
  // A compaction may have come between.
  const absl::StatusOr<etcd::StoreHash> hash = client.hash_of_store(contents->revision(), deadline);
  if (hash.ok()) descriptor.set_hash(hash->hash);
  const EndpointStatus& status = origin.node.endpoint().status();
  descriptor.mutable_source()->set_node(origin.node.name());
  descriptor.mutable_source()->set_member_id(status.member_id());
  descriptor.mutable_source()->set_version(status.version());
  descriptor.mutable_source()->set_with_quorum(origin.with_quorum);
  *descriptor.mutable_members() = origin.node.endpoint().member_list().members();
  const absl::Status saved = write_file(path + ".json", to_json(descriptor, JsonForm::pretty));
  if (!saved.ok()) return saved;
  return descriptor;
}

}  // namespace quorate
