// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/world.h"
#include "providers/node/node.h"
#include "schemas/outcome.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// Makes a CA in memory, and writes it to the node. Done already where one of that name is there with its key.
Outcome make_authority(const MakeAuthority& make, const node::Lease& lease, World& world);

/// Brings a node's ca.crt, and where it is said its ca.key, to what they are to be, through memory. Not done: one that is named is
/// in neither folder, or the first one's key is not.
Outcome write_authorities(const WriteAuthorities& write, const node::Lease& lease, World& world);

}  // namespace quorate
