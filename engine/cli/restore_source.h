// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/world.h"
#include "plans/restore.h"

namespace quorate::cli {

/// Reads the snapshot that a restore names, all of it; once, while its path stays the same.
class RestoreSource {
 public:
  /// Says where a recovery, which makes its snapshot itself, shall keep it: in the spec's backup directory, else beside the
  /// journals. Its name has the time at which the nodes were looked at, so that one record always makes the same plan.
  static void name_recovery(const Spec& spec, std::int64_t taken_at_seconds, std::vector<Intent>& intents);
  /// A snapshot on a node, NODE:/path, is brought here, beside the journals, and the intent names that file from then on: what is
  /// restored is the same for whoever goes on. not_found: there is no such node or file; unavailable: it cannot be brought, or
  /// there is no world to bring it from, as where only a saved observation is looked at.
  static absl::Status bring(const Spec& spec, World* world, std::vector<Intent>& intents);
  /// Nothing where none of the intents is a restore. What is wrong with the file is in its `problem`.
  std::optional<SnapshotFile> find(const std::vector<Intent>& intents);

 private:
  std::string path_;
  SnapshotFile file_;
};

}  // namespace quorate::cli
