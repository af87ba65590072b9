// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/world.h"
#include "providers/node/node.h"
#include "schemas/outcome.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// kubeadm's own checks of the node, invited by the other, before anything of it is changed. Not done: kubeadm's own words, without
/// the token and the key.
Outcome kubeadm_preflight(const KubeadmJoin& join, const node::Lease& lease, World& world);

/// Resets the node, has the other invite it, and runs kubeadm's phases up to the kubelet. Not done: as above.
Outcome join_by_kubeadm(const KubeadmJoin& join, const node::Lease& lease, World& world);

}  // namespace quorate
