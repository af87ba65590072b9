// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "schemas/digest.h"
#include "schemas/status.h"

namespace quorate::snapshots {

/// A snapshot that arrives: written to FILE.part (mode 0600) or to a descriptor, and its SHA-256 counted on the way; the file has
/// its name only once all of it is there and proven. What was begun and not finished is removed with this object.
class SnapshotWriter {
 public:
  /// without_trailer: a member's database file, and no SHA-256 comes behind it; unproven: whatever comes, for who checks it then.
  enum class Ends { with_trailer, without_trailer, unproven };
  /// unavailable: FILE.part cannot be made.
  static absl::StatusOr<std::unique_ptr<SnapshotWriter>> to_file(const std::string& path, Ends ends = Ends::with_trailer);
  /// A pipe's, which stays open: what reads it sees a bad snapshot too, and must believe the exit code.
  static std::unique_ptr<SnapshotWriter> to_descriptor(int descriptor);
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;
  ~SnapshotWriter();

  /// unavailable: the disk is full, the pipe is closed.
  absl::Status add(std::string_view bytes);
  /// corrupt: the last 32 bytes are not the SHA-256 of the rest, or too few came; or, without a trailer, its pages are not sound.
  /// Else synced, and renamed.
  absl::Status finish();

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// After finish(): of the database, hex.
  [[nodiscard]] const std::string& sha256() const { return sha256_hex_; }

 private:
  SnapshotWriter(int descriptor, std::string path, Ends ends) : descriptor_(descriptor), path_(std::move(path)), ends_(ends) {}
  [[nodiscard]] bool to_pipe() const { return path_.empty(); }
  absl::Status write_out(std::string_view bytes);
  absl::Status prove();
  absl::Status settle();

  int descriptor_;
  std::string path_;
  Ends ends_;
  std::string tail_;  // the last 32 bytes so far: the trailer, if nothing more comes
  Sha256 digest_;
  std::uint64_t bytes_ = 0;
  std::string sha256_hex_;
  bool renamed_ = false;
};

}  // namespace quorate::snapshots
