// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
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

/// By member ID and revision. What a store was at a revision stays so, whatever is written since.
using ToldHashes = std::map<std::pair<std::string, std::int64_t>, HashOfStore>;

/// Which voters are to be asked for their store's hash, and at which revision; no voter where nothing is in doubt.
struct HashesWanted {
  struct Voter {
    int node = 0;  // its place in the observation
    std::string member_id;
  };
  std::vector<Voter> voters;  // those that answer
  std::int64_t revision = 0;
  bool of_all = false;  // where one of them cannot be asked, the others' show nothing
};

/// Under the alarm CORRUPT nothing is written: at the newest revision that all of them have, so that each is read once. Where etcd
/// has only refused to start somewhere, writes go on: at the newest at which all of them, with the same history, have `told`, since
/// it takes etcd seconds for a GB; else at the newest that all have.
HashesWanted hashes_wanted(const Observation& observation, const ToldHashes& told);

/// While the alarm CORRUPT is raised: data whose hash differs from what more than half of the voters have, three at least, is
/// corrupt. Where there is no such majority, or a voter gave no hash, that is said. Of a member that does not start because its
/// store differs nobody has the hash: it is corrupt where every live voter has the same one, they are more than half of three or
/// more, and it was one of theirs that it found different.
void mark_corrupt_stores(const Observation& observation, const MemberList& members, Situation& situation);

/// What the voters' hashes are, a line for each.
std::vector<std::string> store_hashes(const Observation& observation, const std::string& cluster_id, const MemberList& members);

}  // namespace quorate
