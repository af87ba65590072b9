// SPDX-License-Identifier: Apache-2.0
#include "schemas/restore_arguments.h"

#include <cstdio>
#include <tuple>

namespace quorate {

std::vector<std::string> restore_arguments(const RestoreSnapshot& restore) {
  std::vector<std::string> arguments = {"--name=" + restore.name(), "--initial-cluster=" + restore.initial_cluster(),
                                        "--initial-cluster-token=" + restore.token(),
                                        "--initial-advertise-peer-urls=" + restore.peer_url()};
  // One is refused without the other.
  if (restore.bump() > 0) {
    arguments.push_back("--bump-revision=" + std::to_string(restore.bump()));
    arguments.emplace_back("--mark-compacted");
  }
  if (restore.skip_hash_check()) arguments.emplace_back("--skip-hash-check");
  return arguments;
}

bool can_bump(const Tool& tool) {
  int major = 0;
  int minor = 0;
  int patch = 0;
  if (std::sscanf(tool.version().c_str(), "%d.%d.%d", &major, &minor, &patch) != 3) return false;
  const int since = minor == 4 ? 27 : minor == 5 ? 10 : 0;
  return std::tie(major, minor) >= std::make_tuple(3, 4) && patch >= since;
}

std::int64_t restored_revision(std::int64_t revision, std::int64_t bump) {
  return revision == 1 && bump > 0 ? bump : revision + bump;
}

}  // namespace quorate
