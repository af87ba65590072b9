// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/restore_source.h"

#include <ctime>
#include <filesystem>

#include "engine/cli/commands.h"
#include "engine/journal.h"
#include "providers/snapshots/snapshot_file.h"
#include "schemas/json.h"

namespace quorate::cli {
namespace {

// A plain snapshot of etcdctl's has none, and is as good.
std::optional<SnapshotDescriptor> descriptor_beside(const std::string& path) {
  const absl::StatusOr<std::string> text = read_file(path + ".json");
  SnapshotDescriptor descriptor;
  if (!text.ok() || !from_json(*text, &descriptor).ok()) return std::nullopt;
  return descriptor;
}

SnapshotFile read(const std::string& path) {
  SnapshotFile file;
  const absl::StatusOr<snapshots::FileCheck> check = snapshots::check_file(path);
  if (!check.ok()) {
    file.problem = message_of(check.status());
    return file;
  }
  // A member's database file restores too; what is only in its log is not in it (etcd-facts 2.1).
  file.without_trailer = check->state == snapshots::FileState::no_trailer;
  if (check->state != snapshots::FileState::good && !file.without_trailer) file.problem = check->problem;
  file.bytes = check->bytes;
  file.sha256 = check->sha256;
  file.contents = check->contents;
  file.descriptor = descriptor_beside(path);
  if (file.descriptor && file.descriptor->sha256() != file.sha256)
    file.problem = "it is not the file that " + path + ".json describes";
  return file;
}

}  // namespace

void RestoreSource::name_recovery(const Spec& spec, std::vector<Intent>& intents) {
  const std::string backups = spec.spec().backup().directory();
  const std::string folder = backups.empty() ? journal_folder(spec.metadata().name()) : backups;
  for (Intent& intent : intents) {
    if (!intent.restore().recovers() || !intent.restore().source().empty()) continue;
    const std::string name = spec.metadata().name() + "-recovered-" + std::to_string(std::time(nullptr)) + ".db";
    intent.mutable_restore()->set_source((std::filesystem::absolute(folder) / name).lexically_normal().string());
  }
}

std::optional<SnapshotFile> RestoreSource::find(const std::vector<Intent>& intents) {
  const Intent::Restore* restore = restore_among(intents);
  if (restore == nullptr) return std::nullopt;
  // What is not there yet may be there at the next look.
  if (restore->source() != path_ || restore->recovers()) {
    path_ = restore->source();
    file_ = read(path_);
  }
  return file_;
}

}  // namespace quorate::cli
