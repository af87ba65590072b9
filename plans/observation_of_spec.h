// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// What a record says of the nodes of a spec that may have changed since: in the spec's order, each node by its host, and by its
/// name where several have that. A machine that the record lacks is NOT_RECORDED; what the record has of a member that the spec has
/// no more is among the other endpoints, where it would be if the nodes were looked at with this spec.
Observation observation_of_spec(const Spec& spec, const Observation& recorded);

}  // namespace quorate
