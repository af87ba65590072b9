// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate::cli {

/// The whole plan as commands for a shell, for who may not run the tool against the nodes: each step with what must hold before it,
/// what is typed where, and what must hold before the next. No secret is in it.
std::string runbook_text(const Spec& spec, const Plan& plan, const Observation& observation);

}  // namespace quorate::cli
