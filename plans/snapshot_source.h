// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "plans/cluster_choice.h"
#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"
#include "schemas/status.h"

namespace quorate {

/// Of which member a snapshot is taken.
struct SnapshotSource {
  std::string node;
  std::string cluster_id;
  bool with_quorum = false;  ///< false: a survivor's, which may lack what others had acknowledged
};

/// With a quorum a voter that sees it, a follower before the leader, whose work it would be otherwise. Without one the member that
/// has applied most. `wanted`: a node's name, and no other is taken; empty: any. precondition: none can give one; why.
absl::StatusOr<SnapshotSource> snapshot_source(const Spec& spec, const Observation& observation, const std::string& wanted);

/// Every node whose own etcd could give one.
std::vector<std::string> serving_nodes(const Observation& observation, const ClusterChoice& cluster);

}  // namespace quorate
