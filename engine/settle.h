// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "engine/world.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// What the nodes show, looked at again for up to ten seconds while a quorum answers and has no leader: in an election nothing is
/// lost, and "the quorum is lost" would be said of a cluster that is well a second later.
Observation observe_settled(const Spec& spec, World& world);

/// So, but first looked at again for up to a minute while a kubelet is ending an etcd: who changed things by one that still runs
/// would not start it again. `waiting` is told the nodes, once. Not for who wants what still serves.
Observation observe_at_rest(const Spec& spec, World& world, const std::function<void(const std::string&)>& waiting);

}  // namespace quorate
