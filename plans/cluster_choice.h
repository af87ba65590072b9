// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "plans/lookup.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// Which of the clusters that answer is the one that the spec means.
struct ClusterChoice {
  std::string cluster_id;           ///< empty: none could be chosen
  std::string leader_id;            ///< empty: no quorum
  MemberList members;               ///< the live majority's; without quorum a survivor's; else from data directories
  std::set<std::string> live;       ///< members whose endpoint answers and knows the leader
  std::set<std::string> answering;  ///< members whose endpoint answers
  bool members_from_data = false;   ///< no endpoint answers: `members` is what data directories show
  GivenUp given_up;                 ///< never chosen, whoever answers for it
  std::vector<Finding> refusals;    ///< why nothing may be decided
};

/// The cluster with a quorum. Two with a quorum each (a wiped member that formed an empty one of its own, etcd-facts 4.3): the one
/// that more than half of the spec's nodes belong to, else refused. None with a quorum: what is known of it, and no leader.
ClusterChoice choose_cluster(const Spec& spec, const Observation& observation);

/// Whether a quorum of voters answers and agrees on no leader: an election, or peers that cannot reach one another. An election
/// ends by itself: etcd-facts 9, 1 to 2 s.
bool awaits_leader(const ClusterChoice& cluster);

}  // namespace quorate
