// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/saved_plan.h"

#include "engine/cli/commands.h"
#include "schemas/digest.h"
#include "schemas/json.h"

namespace quorate::cli {

absl::StatusOr<Plan> read_plan(const std::string& path) {
  const absl::StatusOr<std::string> text = read_file(path);
  if (!text.ok()) return text.status();
  Plan plan;
  const absl::Status read = from_json(*text, &plan);
  if (!read.ok()) return annotate(read, path + " is not a plan that this version can read");
  if (plan.kind() != "Plan") return invalid(path + " is not a plan");
  if (plan.api_version() != "quorate/v1alpha1") return invalid(path + " was made by another version: " + plan.api_version());
  Plan unnamed = plan;
  unnamed.clear_id();
  if (sha256_hex(to_json(unnamed, JsonForm::line)).substr(0, 16) != plan.id()) {
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

}  // namespace quorate::cli
