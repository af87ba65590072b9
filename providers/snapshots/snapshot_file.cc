// SPDX-License-Identifier: Apache-2.0
#include "providers/snapshots/snapshot_file.h"

#include <algorithm>

#include <absl/strings/escaping.h>

#include "providers/snapshots/contents.h"
#include "schemas/digest.h"

namespace quorate::snapshots {
namespace {

constexpr std::size_t part_bytes = 256UL << 10U;

std::string count_text(std::uint64_t bytes) { return std::to_string(bytes) + " bytes"; }

absl::StatusOr<std::string> sha256_of(const PageFile& file, std::uint64_t bytes) {
  Sha256 digest;
  for (std::uint64_t at = 0; at < bytes;) {
    const absl::StatusOr<std::string> part = file.read_bytes(at, std::min<std::uint64_t>(part_bytes, bytes - at));
    if (!part.ok()) return part.status();
    if (part->empty()) return unavailable("it became shorter while it was read");
    digest.add(*part);
    at += part->size();
  }
  return digest.finish();
}

FileCheck found(FileState state, const std::string& problem, FileCheck check) {
  check.state = state;
  check.problem = problem;
  return check;
}

// The trailer decides whether the bytes are those that etcd sent; the pages, whether what it sent was sound.
absl::StatusOr<FileCheck> check_trailer(const PageFile& file, FileCheck check) {
  const std::uint64_t database = file.database_bytes();
  const absl::StatusOr<std::string> digest = sha256_of(file, database);
  if (!digest.ok()) return digest.status();
  check.sha256 = absl::BytesToHexString(*digest);
  const absl::StatusOr<std::string> trailer = file.read_bytes(database, sha256_bytes);
  if (!trailer.ok()) return trailer.status();
  if (*trailer == *digest) return found(FileState::good, "", std::move(check));
  const std::string problem =
      "its SHA-256 is " + check.sha256 + ", and " + absl::BytesToHexString(*trailer) + " is what it ends with";
  return found(FileState::flipped, problem, std::move(check));
}

absl::StatusOr<FileCheck> check_size(const PageFile& file) {
  FileCheck check;
  check.bytes = file.file_bytes();
  const std::uint64_t database = file.database_bytes();
  if (check.bytes == database + sha256_bytes) return check_trailer(file, std::move(check));
  if (check.bytes < database + sha256_bytes && check.bytes != database) {
    const std::string problem = "it has " + count_text(check.bytes) + " of " + std::to_string(database + sha256_bytes);
    return found(FileState::cut, problem, std::move(check));
  }
  // etcd 3.5 grows the file ahead of its pages, and it is brought to a node as it is.
  const absl::StatusOr<std::string> digest = sha256_of(file, check.bytes);
  if (!digest.ok()) return digest.status();
  check.sha256 = absl::BytesToHexString(*digest);
  return found(FileState::no_trailer,
               "no SHA-256 is behind its " + count_text(database) + ": a copy of a member's database, or cut there",
               std::move(check));
}

}  // namespace

absl::StatusOr<FileCheck> check_file(const std::string& path) {
  const absl::StatusOr<PageFile> file = PageFile::open(path);
  if (absl::IsDataLoss(file.status())) return found(FileState::no_snapshot, message_of(file.status()), {});
  if (!file.ok()) return annotate(file.status(), path);
  absl::StatusOr<FileCheck> check = check_size(*file);
  if (!check.ok()) return annotate(check.status(), path);
  if (check->state != FileState::good && check->state != FileState::no_trailer) return check;
  absl::StatusOr<SnapshotContents> contents = read_contents(*file, KeyCount::exact);
  if (absl::IsDataLoss(contents.status())) return found(FileState::damaged, message_of(contents.status()), *std::move(check));
  if (!contents.ok()) return annotate(contents.status(), path);
  check->contents = *std::move(contents);
  return check;
}

absl::StatusOr<Trailer> trailer_of(const std::string& path) {
  const absl::StatusOr<PageFile> file = PageFile::open(path);
  if (!file.ok()) return annotate(file.status(), path);
  const std::uint64_t bytes = file->file_bytes();
  if (bytes <= sha256_bytes) return corrupt(path + ": it is too short for a snapshot");
  const absl::StatusOr<std::string> end = file->read_bytes(bytes - sha256_bytes, sha256_bytes);
  if (!end.ok()) return annotate(end.status(), path);
  return Trailer{bytes, absl::BytesToHexString(*end)};
}

absl::StatusOr<SnapshotContents> contents_of_verified(const std::string& path) {
  const absl::StatusOr<PageFile> file = PageFile::open(path);
  if (!file.ok()) return annotate(file.status(), path);
  absl::StatusOr<SnapshotContents> contents = read_contents(*file, KeyCount::none);
  if (!contents.ok()) return annotate(contents.status(), path);
  return contents;
}

}  // namespace quorate::snapshots
