// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// What a plan would break.
struct Breach {
  std::string step;   ///< its number; `undo of 3`, where it is what is done when step 3 fails
  std::string rule;   ///< as a sentence that should have held
  std::string state;  ///< in which it would have been broken
};

/// Replays the plan's operations, one by one and from each state its step's undo, and compares what the plan says of voters and
/// failures that are tolerated with what comes about. Nothing: no state on the way breaks a rule (DESIGN section 6, invariants 1, 3
/// and 4, and of 2 that data is only set aside). Known weaknesses: plans that restore, or undo a
/// restore, are not replayed; and make_plan does not ask it yet: tests hold its plans to it.
std::optional<Breach> prove(const Observation& observation, const Plan& plan);

}  // namespace quorate
