// SPDX-License-Identifier: Apache-2.0
#include "engine/backup.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/save_snapshot.h"

namespace quorate {
namespace {

// By their names, which order by time.
std::vector<std::string> own_backups(const SaveBackup& operation) {
  const std::string prefix = operation.cluster() + "-" + operation.cluster_id() + "-";
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(operation.directory(), error)) {
    const std::string name = entry.path().filename().string();
    const bool own = name.rfind(prefix, 0) == 0 && entry.path().extension() == ".db";
    if (own && std::filesystem::exists(entry.path().string() + ".json", error)) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The one that was just proven stays, also beside those of a workstation whose clock is ahead. What cannot be removed is no harm.
void prune(const SaveBackup& operation, const std::string& saved) {
  if (operation.keep() == 0) return;
  const std::vector<std::string> files = own_backups(operation);
  std::error_code ignored;
  for (std::size_t i = 0; i + operation.keep() < files.size(); ++i) {
    if (std::filesystem::path(files[i]).filename() == std::filesystem::path(saved).filename()) continue;
    std::filesystem::remove(files[i], ignored);
    std::filesystem::remove(files[i] + ".json", ignored);
  }
}

}  // namespace

Outcome save_backup(const SaveBackup& operation, etcd::Client& client, const NodeObservation& node, const StopRequest& stop) {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string path = operation.directory() + "/" + snapshot_name(operation.cluster(), operation.cluster_id(), now);
  std::error_code ignored;
  std::filesystem::create_directories(operation.directory(), ignored);
  const absl::StatusOr<std::unique_ptr<snapshots::SnapshotWriter>> writer = snapshots::SnapshotWriter::to_file(path);
  if (!writer.ok()) return Outcome::not_done(message_of(writer.status()));
  const absl::Status saved = save_snapshot(
      client, **writer, [](std::uint64_t, std::uint64_t) {}, stop);
  if (!saved.ok()) return Outcome::not_done(message_of(saved));
  const absl::StatusOr<SnapshotDescriptor> described = describe_snapshot(path, **writer, client,
                                                                         {.cluster = operation.cluster(),
                                                                          .cluster_id = operation.cluster_id(),
                                                                          .with_quorum = operation.with_quorum(),
                                                                          .node = node,
                                                                          .taken_at_seconds = now});
  if (absl::IsDataLoss(described.status())) return Outcome::not_done(message_of(described.status()));
  // Without a quorum nobody can be asked to count, and nobody can once it was compacted meanwhile: a large store takes longer than
  // the API server's five minutes. The file is proven all the same.
  if (!described.ok()) return Outcome::done(path + ", without a descriptor: " + message_of(described.status()));
  prune(operation, path);
  return Outcome::done(path);
}

}  // namespace quorate
