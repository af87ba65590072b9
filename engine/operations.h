// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/execute.h"
#include "engine/lease.h"
#include "engine/world.h"
#include "schemas/observation.pb.h"
#include "schemas/outcome.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// Carries out one operation, once. `observation` says which voters can be asked; those that serve another cluster than
/// `cluster_id` never are. Every change tests the lease. `stop` ends what is only saved here (not_done).
Outcome perform(const Operation& operation, const std::string& cluster_id, World& world, RunLease& lease,
                const Observation& observation, const StopRequest& stop);

}  // namespace quorate
