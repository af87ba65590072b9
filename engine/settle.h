// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/world.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// What the nodes show, looked at again for up to ten seconds while a quorum answers and has no leader: in an election nothing is
/// lost, and "the quorum is lost" would be said of a cluster that is well a second later. And for up to a minute while a kubelet
/// ends an etcd: who planned by one that still runs would not start it again.
Observation observe_settled(const Spec& spec, World& world);

}  // namespace quorate
