// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cli/options.h"
#include "schemas/plan.pb.h"

namespace quorate::cli {

/// Whether a person, or the options in a person's place, permits what the plan does: a saved plan was read before and is not asked
/// for again, but what can lose data wants the cluster's name each time. Says why where it does not.
bool is_confirmed(const Options& options, const Plan& plan, bool saved);

}  // namespace quorate::cli
