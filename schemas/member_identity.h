// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quorate {

/// The IDs that etcd gives a cluster that is bootstrapped or restored (membership.NewMember and RaftCluster.genID; etcd-facts 2.4):
/// they follow from the peer URLs and the token alone.

/// Of the member with these peer URLs, separated by commas: 16 hex digits.
std::string bootstrap_member_id(const std::string& peer_urls, const std::string& token);

/// Of the whole cluster, from `--initial-cluster` (name=URL,name=URL; a name may come more than once): 16 hex digits.
std::string bootstrap_cluster_id(const std::string& initial_cluster, const std::string& token);

}  // namespace quorate
