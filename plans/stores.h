// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"

namespace quorate {

/// Whether every voter's hash was asked for at one revision, and all are equal. `because`: the first that is missing or differs.
struct StoreComparison {
  bool agree = false;
  std::string because;
};
StoreComparison compare_stores(const Observation& observation, const std::string& cluster_id, const MemberList& members);

/// Whether etcd has said that stores differ: by the alarm CORRUPT, or by not starting on a node. Only then are hashes asked for.
bool are_stores_in_doubt(const Observation& observation);

/// While the alarm CORRUPT is raised: data whose hash differs from what more than half of the voters have, three at least, is
/// corrupt. Where there is no such majority, or a voter gave no hash, that is said. Of a member that does not start because its
/// store differs nobody has the hash: it is corrupt where every live voter has the same one, they are more than half of three or
/// more, and it was one of theirs that it found different.
void mark_corrupt_stores(const Observation& observation, const MemberList& members, Situation& situation);

/// What the voters' hashes are, a line for each.
std::vector<std::string> store_hashes(const Observation& observation, const std::string& cluster_id, const MemberList& members);

}  // namespace quorate
