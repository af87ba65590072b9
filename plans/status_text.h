// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "plans/plan_text.h"
#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// What an operator wants at a glance: each member beside its endpoint, and the findings with their evidence under it.
std::string status_text(const Spec& spec, const Observation& observation, Style style);

}  // namespace quorate
