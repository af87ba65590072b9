// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// What differs from the spec, or between the nodes, in image, flags and the names in certificates. It waits until nothing is
/// broken, or for a person, and is never passed over in silence.
std::vector<Finding> find_drift(const Spec& spec, const Observation& observation, const Situation& situation);

/// Whether a step sets the flag that such a finding is about.
bool sets_flag_of(const SetFlags& action, const Finding& difference);

}  // namespace quorate
