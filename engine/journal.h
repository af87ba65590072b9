// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/run.pb.h"
#include "schemas/status.h"

namespace quorate {

/// The append-only record of a run on the workstation: one JSON object a line, each on the disk before append() returns.
class Journal {
 public:
  /// Opens `folder/RUN.jsonl` for appending, making the folders (mode 0700), and takes room for more than a run writes, where the
  /// file system can: a disk that is full shall say so before the first change. Unavailable: the disk says no.
  static absl::StatusOr<Journal> open(const std::string& folder, const std::string& run_id);

  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&& other) noexcept;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  /// Unavailable: not written, for example on a full disk; then nothing that it was to announce may be done.
  absl::Status append(JournalRecord record);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Journal(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_ = -1;
  std::string path_;
};

/// Where journals are kept: $XDG_STATE_HOME/quorate/CLUSTER, else ~/.local/state/quorate/CLUSTER.
std::string journal_folder(const std::string& cluster);

}  // namespace quorate
