// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/restore_source.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>

#include "engine/cli/commands.h"
#include "engine/journal.h"
#include "engine/save_snapshot.h"
#include "plans/lookup.h"
#include "providers/snapshots/snapshot_file.h"
#include "providers/snapshots/snapshot_writer.h"
#include "schemas/digest.h"
#include "schemas/json.h"

namespace quorate::cli {
namespace {

// As for a restore: 8 GiB, etcd's largest, at 10 MB a second.
constexpr std::chrono::minutes bring_limit(15);

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

struct PlaceOnNode {
  std::string node;
  std::string path;
};

// What comes before a colon and a slash is the name of one of the spec's members; on this workstation no path begins so.
std::optional<PlaceOnNode> place_on_node(const Spec& spec, const std::string& source) {
  const std::size_t colon = source.find(":/");
  if (colon == std::string::npos || find_member_spec(spec, source.substr(0, colon)) == nullptr) return std::nullopt;
  return PlaceOnNode{source.substr(0, colon), source.substr(colon + 1)};
}

absl::StatusOr<std::string> bring_here(const Spec& spec, World& world, const PlaceOnNode& place) {
  const std::string name = "from-" + place.node + "-" + sha256_hex(place.path).substr(0, 8) + "-" + base_name(place.path);
  const std::filesystem::path folder = std::filesystem::absolute(journal_folder(spec.metadata().name()));
  const std::string target = (folder / name).lexically_normal().string();
  world.observe();
  const std::shared_ptr<node::Node> node = world.node(place.node);
  if (node == nullptr) return unavailable(place.node + " cannot be reached: see quorate status");
  absl::Status brought = fetch_snapshot(*node, place.path, target, snapshots::SnapshotWriter::Ends::unproven,
                                        std::chrono::steady_clock::now() + bring_limit);
  if (!brought.ok()) return brought;
  return target;
}

}  // namespace

absl::Status RestoreSource::bring(const Spec& spec, World* world, std::vector<Intent>& intents) {
  for (Intent& intent : intents) {
    if (!intent.has_restore()) continue;
    const std::optional<PlaceOnNode> place = place_on_node(spec, intent.restore().source());
    if (!place) continue;
    const absl::StatusOr<std::string> here = world == nullptr
                                                 ? unavailable("with --observation no node is asked: copy it here first")
                                                 : bring_here(spec, *world, *place);
    if (!here.ok()) return annotate(here.status(), "--restore " + intent.restore().source());
    std::cerr << "Brought " << intent.restore().source() << " here: " << *here << "\n";
    intent.mutable_restore()->set_source(*here);
  }
  return absl::OkStatus();
}

void RestoreSource::name_recovery(const Spec& spec, std::int64_t taken_at_seconds, std::vector<Intent>& intents) {
  const std::string backups = spec.spec().backup().directory();
  const std::string folder = backups.empty() ? journal_folder(spec.metadata().name()) : backups;
  for (Intent& intent : intents) {
    if (!intent.restore().recovers() || !intent.restore().source().empty()) continue;
    const std::string name = spec.metadata().name() + "-recovered-" + std::to_string(taken_at_seconds) + ".db";
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
