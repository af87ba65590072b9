// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// What differs from the spec, or between the nodes, in image, flags and the names in certificates. No procedure here mends it, and
/// it is never passed over in silence.
std::vector<Finding> find_drift(const Spec& spec, const Observation& observation);

}  // namespace quorate
