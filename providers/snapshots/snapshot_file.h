// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/snapshot.pb.h"
#include "schemas/status.h"

namespace quorate::snapshots {

/// What a file on this machine is, seen from what a snapshot has to be: a bbolt database of exactly the size that its meta page
/// says, and behind it the SHA-256 of it. `etcdctl snapshot status` tells none of the bad ones (peers.md 5).
enum class FileState {
  good,
  cut,         ///< shorter than its meta page says
  flipped,     ///< whole, and its bytes are not those of its SHA-256
  no_trailer,  ///< a sound database without a SHA-256: copied from a member's data directory; the newest changes are in the log
  damaged,     ///< its SHA-256 is right, or it has none, and its pages are not sound
  no_snapshot  ///< none of etcd's at all
};

struct FileCheck {
  FileState state = FileState::no_snapshot;
  std::string problem;        ///< what was seen; empty: good
  std::uint64_t bytes = 0;    ///< of the file
  std::string sha256;         ///< of the database in it, hex; without a trailer of the whole file
  SnapshotContents contents;  ///< good, no_trailer: what it holds
};

/// Reads all of it: trailer, and every page. Memory: a few pages, and ten bytes a key. not_found, unavailable: it cannot be read.
absl::StatusOr<FileCheck> check_file(const std::string& path);

/// What a snapshot ends with.
struct Trailer {
  std::uint64_t bytes = 0;  ///< of the whole file
  std::string sha256;       ///< its last 32 bytes, hex
};

/// Of a file whose trailer was verified as it arrived. not_found, unavailable: it cannot be read; corrupt: it is too short for one.
absl::StatusOr<Trailer> trailer_of(const std::string& path);

/// The contents of a file whose trailer was verified as it arrived; the keys are not counted, so that memory is a few pages alone.
absl::StatusOr<SnapshotContents> contents_of_verified(const std::string& path);

}  // namespace quorate::snapshots
