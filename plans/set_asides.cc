// SPDX-License-Identifier: Apache-2.0
#include "plans/set_asides.h"

#include <algorithm>
#include <optional>

#include "plans/restore.h"
#include "schemas/duration.h"

namespace quorate {
namespace {

// Copies: a snapshot and what was made of it and is not in force, or what a survivor was saved as. A run removes them at its end,
// but on a node that is down then, and not where its save of survivors is given up.
bool is_rest_of_run(const SetAside& folder) {
  return (folder.path().ends_with("-restore") || folder.path().ends_with("-survivor")) && !folder.holds_member();
}

}  // namespace

std::vector<std::string> expired_set_asides(const SetAsideSettings& settings, const NodeFacts& facts, const std::string& unfinished,
                                            std::int64_t now_seconds) {
  const std::optional<std::chrono::seconds> age = parse_duration(settings.max_age());
  std::vector<std::string> expired;
  if (!settings.has_keep() && !age) return expired;
  for (const SetAside& folder : facts.set_asides()) {
    const bool is_at_work = !unfinished.empty() && folder.path().starts_with(set_aside_folder(facts, unfinished));
    if (is_rest_of_run(folder) && !is_at_work) expired.push_back(folder.path());
  }
  std::vector<SetAside> folders;
  std::copy_if(facts.set_asides().begin(), facts.set_asides().end(), std::back_inserter(folders),
               [](const SetAside& folder) { return folder.holds_member(); });
  std::stable_sort(folders.begin(), folders.end(), [](const SetAside& one, const SetAside& other) {
    return one.created_at_seconds() > other.created_at_seconds();
  });
  std::vector<std::string> of_members;
  for (std::size_t newer = 0; newer < folders.size(); ++newer) {
    const bool too_many = settings.has_keep() && newer >= settings.keep();
    const bool too_old = age && now_seconds - folders[newer].created_at_seconds() > age->count();
    if (too_many || too_old) of_members.insert(of_members.begin(), folders[newer].path());
  }
  expired.insert(expired.end(), of_members.begin(), of_members.end());
  return expired;
}

}  // namespace quorate
