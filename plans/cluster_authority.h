// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// Where etcd's CA signs; and findings about the one that the spec names on the workstation.
void mark_signing(const Spec& spec, const Observation& observation, Situation& situation, std::vector<Finding>& findings);

/// Marks nodes whose ca.crt is not the cluster's: by what most of those that serve go by; where none does, by the workstation's.
/// After mark_signing.
void mark_foreign_authorities(const Observation& observation, Situation& situation);

}  // namespace quorate
