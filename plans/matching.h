// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// Matches nodes with listed members: by the ID in the data directory or of the endpoint, then by peer URL, and only then by
/// name, where the listed peer URL is the node's own. A name that disagrees is a refusal that shows the right one.
void match_members(const Spec& spec, const Observation& observation, Situation& situation, std::vector<Finding>& refusals);

/// Whether an address (of a URL) is one of the node's: by the spec's address, or as the node shows them.
bool is_address_of(const std::string& address, const MemberSpec& member, const NodeObservation& node);

/// Whether a member's name is all there is to match it by: the node shows nothing of itself, and the spec knows it by a DNS name.
bool is_known_by_name(const std::string& name, const MemberSpec& member, const NodeObservation& node);

}  // namespace quorate
