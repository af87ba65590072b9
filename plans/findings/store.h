// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// While the alarm CORRUPT is raised: every voter's hash, and what can be made of them.
void store_findings(const Observation& observation, const MemberList& members, const Situation& situation,
                    std::vector<Finding>& findings);

}  // namespace quorate
