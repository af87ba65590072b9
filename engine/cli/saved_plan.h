// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/plan.pb.h"
#include "schemas/status.h"

namespace quorate::cli {

/// Reads a saved plan. invalid: not a plan, of a newer version, cut, or edited since (its ID is the digest of the rest).
absl::StatusOr<Plan> read_plan(const std::string& path);

/// What a plan's run will do, as text, but for the run's own ID, which comes of every fact: equal for plans that do the same.
std::string steps_of(const Plan& plan);

/// Whether the plan made now is the saved one: the same steps for the same reasons, though a log line has another time by now.
bool is_as_saved(const Plan& saved, const Plan& now);

/// Why the saved plan is stale, given that the one made now is another: a sentence, and what was and is now, a line each.
std::string changes_since(const Plan& saved, const Plan& now);

}  // namespace quorate::cli
