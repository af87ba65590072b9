// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"
#include "schemas/static_pod.h"

namespace quorate {

/// Marks nodes whose member is listed where its peers cannot reach it, by the spec, the machine's addresses, and what its manifest
/// or its etcd says.
void mark_wrong_peer_urls(const Spec& spec, const Observation& observation, Situation& situation);

/// Where its peers reach a member by that manifest on that machine; empty: that is not certain.
std::string own_peer_url(const StaticPod& pod, const NodeFacts& facts);

/// Marks those whose etcd serves at another address than the spec's, which the machine has too. After mark_wrong_peer_urls.
void mark_moves(const Spec& spec, const Observation& observation, Situation& situation);

}  // namespace quorate
