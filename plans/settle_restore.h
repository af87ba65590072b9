// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "plans/assess.h"
#include "plans/plan.h"
#include "plans/restore.h"
#include "plans/steps/steps.h"

namespace quorate {

/// Of a diagnosis with a restore among its intents: pins that, and takes for findings what would only keep a cluster from being
/// repaired; refusals that stay are why it cannot be had. The intent, or null where none of them is a restore.
const Intent::Restore* settle_restore(const Spec& spec, const Observation& observation, const Request& request, bool abandoning,
                                      Assessment& assessment);

/// What a person should know before saying yes to it.
void say_what_is_restored(const Observation& observation, const Intent::Restore& restore, std::vector<Finding>& findings);

/// The members that the restored cluster begins with.
std::vector<ExpectedMember> restored_members(const Situation& situation, const Intent::Restore& restore);

}  // namespace quorate
