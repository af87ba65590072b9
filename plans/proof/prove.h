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

/// Replays the plan's operations one by one, and from each state on the way, before the first operation of a step and after its
/// last too, what undoes the step; and compares what the plan says of voters, failures that are tolerated and writes with what
/// comes about. A change of membership that etcd refuses within five seconds of a connection (HealthInterval) is one that is asked
/// again. Nothing: no state on the way breaks an invariant of DESIGN section 6. A run that dies is gone on with by a plan of its
/// own, made and proven from what is seen then. Known weakness: of invariant 6 it proves that no CA is deleted, not that one is
/// left.
std::optional<Breach> prove(const Observation& observation, const Plan& plan);

/// Writes into each step of a proven plan how many voters may fail before and after it, as the replay has found; leaves no step in
/// one that is not proven, and a refusal that says where it breaks what.
void keep_if_proven(const Observation& observation, Plan& plan);

}  // namespace quorate
