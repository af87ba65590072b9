// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "plans/cluster_choice.h"
#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// The diagnosis, with its evidence.
struct Assessment {
  Situation situation;
  ClusterChoice cluster;
  std::vector<Finding> findings;  ///< what is wrong, by node in the spec's order
  std::vector<Finding> refusals;  ///< what forbids planning
  std::vector<Finding> drift;     ///< what differs from the spec and no procedure mends, or what waits
  std::vector<Intent> intents;    ///< as given, with the member IDs that they mean
};

/// Says what is the matter. Pure. Unfinished runs' intents are the caller's to add.
Assessment assess(const Spec& spec, const Observation& observation, const std::vector<Intent>& intents);

}  // namespace quorate
