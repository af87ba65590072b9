// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// Marks the nodes that a person wants joined by kubeadm: how far the run has come with it, which node can invite it, and what
/// stands in the way.
void mark_kubeadm(const Observation& observation, const std::vector<Intent>& intents, const std::string& run_id,
                  Situation& situation);

/// 20 of v1.20.2; nothing where the node has no kubeadm, or one that does not say.
std::optional<int> kubeadm_minor(const NodeFacts& facts);

/// What `kubeadm join` leaves out once etcd serves: all that was done before it, and etcd. 1.31 has a phase more.
std::string phases_before_finish(int minor);

/// The public half of the token of a run's invitation: six small letters and digits.
std::string kubeadm_token_id(const std::string& run_id, const std::string& node);

/// The command that deletes such a token where an API server is, also where it is gone already, at which kubeadm's own fails.
std::vector<std::string> forget_kubeadm_token(const std::string& token_id);

/// Manifests on the node, or parked there by the run, that are neither etcd's nor of the control plane that kubeadm makes: a reset
/// would delete them.
std::vector<std::string> manifests_of_others(const NodeFacts& facts, const std::string& run_id);

}  // namespace quorate
