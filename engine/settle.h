// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "engine/world.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// Until the nodes are looked at again for what has been waited for so long: a quarter of that, from 0.4 to 5 s. A look costs each
/// node some seventy processes, which one that is ill feels, and what takes long may be seen a little later.
std::chrono::milliseconds pause_before_next_look(std::chrono::steady_clock::duration waited);

/// What the nodes show, looked at again for up to ten seconds while a quorum answers and has no leader: in an election nothing is
/// lost, and "the quorum is lost" would be said of a cluster that is well a second later.
Observation observe_settled(const Spec& spec, World& world);

/// What is waited for, told once before it is.
using Waiting = std::function<void(const std::string& what)>;

/// The nodes whose etcd was begun again within ten seconds and does not answer: the kubelet's back-off has it flap between running
/// and exited. None while one that was given up runs, which is not to be waited beside.
std::vector<std::string> nodes_begun_again(const Spec& spec, const Observation& observation);

/// So, but first looked at again for up to fifteen seconds while there are such.
Observation observe_unflapping(const Spec& spec, World& world, const Waiting& waiting);

/// The same, but first looked at again for up to a minute while a kubelet is ending an etcd: who changed things by one that still
/// runs would not start it again. Not for who wants what still serves.
Observation observe_at_rest(const Spec& spec, World& world, const Waiting& waiting);

}  // namespace quorate
