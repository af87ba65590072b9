// SPDX-License-Identifier: Apache-2.0
// The API server, the controller manager and the scheduler beside etcd: where their manifests are.
#pragma once

#include <string>
#include <vector>

#include "schemas/observation.pb.h"

namespace quorate {

/// The manifests of the control plane, by the names that kubeadm gives them: the API server, or those of its clients that act.
const std::vector<std::string>& control_plane_manifests(bool api_server);

/// Of them, those in the node's manifest directory, and those that the run parked.
std::vector<std::string> placed_manifests(const NodeFacts& facts, bool api_server);
std::vector<std::string> parked_manifests(const NodeFacts& facts, const std::string& run_id, bool api_server);

/// Of them, those that some run parked and none has placed again; and where the last of them lies, or nothing.
std::vector<std::string> left_parked(const NodeFacts& facts, bool api_server);
std::string parked_path(const NodeFacts& facts, const std::string& name);

}  // namespace quorate
