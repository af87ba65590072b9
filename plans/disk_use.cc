// SPDX-License-Identifier: Apache-2.0
#include "plans/disk_use.h"

#include <algorithm>

#include "plans/bytes_text.h"

namespace quorate {
namespace {

constexpr std::size_t shown = 5;

bool is_below(const std::string& path, const std::string& folder) {
  const std::string prefix = folder == "/" ? folder : folder + "/";
  return path.size() > prefix.size() && path.rfind(prefix, 0) == 0;
}

// Most of it is in one that is named itself.
bool only_leads_to(const DiskUse& folder, const DataDirectory& data) {
  return std::any_of(data.largest().begin(), data.largest().end(), [&](const DiskUse& other) {
    return is_below(other.path(), folder.path()) && 2 * other.bytes() > folder.bytes();
  });
}

}  // namespace

std::vector<std::string> disk_use_text(const DataDirectory& data) {
  std::vector<std::string> lines;
  if (!data.has_free_bytes()) return lines;
  lines.push_back(data.path() + ": " + text_of_bytes(data.free_bytes()) + " free");
  for (const DiskUse& use : data.largest()) {
    if (only_leads_to(use, data)) continue;
    lines.push_back("takes room: " + use.path() + ": " + text_of_bytes(use.bytes()));
    if (lines.size() > shown) break;
  }
  return lines;
}

}  // namespace quorate
