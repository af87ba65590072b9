// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// Marks in the situation what a person asserted, and pins each intent to the member that it means. An intent whose pinned member
/// is no longer listed has been carried out and marks nothing. Refused: a name that is neither a node nor a member; `--lost` for
/// what still answers SSH or etcd's port ("no SSH is not no etcd"); `--replace` for a node that does not answer. What renews
/// certificates pins those that are there.
std::vector<Intent> apply_intents(const std::vector<Intent>& intents, const Observation& observation, Situation& situation,
                                  std::vector<Finding>& refusals);

/// `--replace node3`, `--lost node3`: as a person types it.
std::string text_of(const Intent& intent);

}  // namespace quorate
