// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/lease.h"
#include "engine/world.h"
#include "schemas/observation.pb.h"
#include "schemas/outcome.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// Carries out one operation, once. `observation` says which voters can be asked. Every change tests the lease.
Outcome perform(const Operation& operation, World& world, const RunLease& lease, const Observation& observation);

}  // namespace quorate
