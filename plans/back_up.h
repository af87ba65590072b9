// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plans/draft.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// Where the spec has a backup directory: a snapshot is saved there before the first step that could cost data, if one can be had.
/// A host that is back with a cluster that was given up is stopped before that.
void back_up_first(const Spec& spec, const Observation& observation, Draft& draft);

}  // namespace quorate
