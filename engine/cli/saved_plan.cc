// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/saved_plan.h"

#include <set>

#include "engine/files.h"
#include "plans/plan.h"
#include "schemas/document.h"
#include "schemas/json.h"

namespace quorate::cli {

absl::StatusOr<Plan> read_plan(const std::string& path) {
  const absl::StatusOr<std::string> text = read_file(path);
  if (!text.ok()) return text.status();
  Plan plan;
  if (const absl::Status read = read_document(path, *text, &plan); !read.ok()) return read;
  if (plan_id(plan) != plan.id()) {
    return invalid(path + " was changed since it was saved; make a new plan");
  }
  return plan;
}

std::string steps_of(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps()) text += to_json(step, JsonForm::line) + "\n";
  for (std::size_t at = text.find(plan.run_id()); at != std::string::npos; at = text.find(plan.run_id())) {
    text.replace(at, plan.run_id().size(), "RUN");
  }
  return text;
}

bool is_as_saved(const Plan& saved, const Plan& now) {
  return saved.spec_digest() == now.spec_digest() && saved.facts_digest() == now.facts_digest() && saved.run_id() == now.run_id() &&
         steps_of(saved) == steps_of(now);
}

std::string changes_since(const Plan& saved, const Plan& now) {
  const std::set<std::string> before(saved.facts().begin(), saved.facts().end());
  const std::set<std::string> after(now.facts().begin(), now.facts().end());
  std::string text;
  for (const std::string& fact : saved.facts()) text += after.contains(fact) ? "" : "  was: " + fact + "\n";
  for (const std::string& fact : now.facts()) text += before.contains(fact) ? "" : "  now: " + fact + "\n";
  if (saved.spec_digest() != now.spec_digest()) return "the spec has changed since it was made.\n" + text;
  if (!text.empty()) return "the cluster has changed since it was made.\n" + text;
  if (saved.run_id() != now.run_id()) return "a run is unfinished that was not when it was made, or is another.\n";
  if (saved.leader() != now.leader())
    return "another member leads, and whoever leads comes last.\n  was: " + saved.leader() + " leads\n  now: " + now.leader() +
           " leads\n";
  return "what it was made for is as it was, and other steps are right now all the same: by the databases' size, room, or the "
         "time.\n";
}

}  // namespace quorate::cli
