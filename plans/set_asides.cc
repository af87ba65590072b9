// SPDX-License-Identifier: Apache-2.0
#include "plans/set_asides.h"

#include <algorithm>
#include <optional>

#include "schemas/duration.h"

namespace quorate {

std::vector<std::string> expired_set_asides(const SetAsideSettings& settings, const NodeFacts& facts, std::int64_t now_seconds) {
  const std::optional<std::chrono::seconds> age = parse_duration(settings.max_age());
  std::vector<SetAside> folders;
  std::copy_if(facts.set_asides().begin(), facts.set_asides().end(), std::back_inserter(folders),
               [](const SetAside& folder) { return folder.holds_member(); });
  std::stable_sort(folders.begin(), folders.end(), [](const SetAside& one, const SetAside& other) {
    return one.created_at_seconds() > other.created_at_seconds();
  });
  std::vector<std::string> expired;
  for (std::size_t newer = 0; newer < folders.size(); ++newer) {
    const bool too_many = settings.has_keep() && newer >= settings.keep();
    const bool too_old = age && now_seconds - folders[newer].created_at_seconds() > age->count();
    if (too_many || too_old) expired.insert(expired.begin(), folders[newer].path());
  }
  return expired;
}

}  // namespace quorate
