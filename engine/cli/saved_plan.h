// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/plan.pb.h"
#include "schemas/status.h"

namespace quorate::cli {

/// Reads a saved plan. invalid: not a plan, of a newer version, cut, or edited since (its ID is the digest of the rest).
absl::StatusOr<Plan> read_plan(const std::string& path);

}  // namespace quorate::cli
