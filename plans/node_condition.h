// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "plans/cluster_choice.h"
#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// etcd makes a log of 64 MB at its first start, and the next one beside it at once (wal.SegmentSizeBytes).
constexpr std::uint64_t log_bytes = 2ULL * 64 * 1024 * 1024;

/// What can be said of a node by itself, before it is matched with a member: access, kubelet, etcd, data, manifest, certificates.
NodeSituation node_condition(const NodeObservation& node, const ClusterChoice& cluster, std::int64_t now_seconds);

/// The findings of one node, worst first, each with its evidence. `member` is the listed member that it is matched with, or null.
std::vector<Finding> node_findings(const NodeObservation& node, const NodeSituation& condition, const MemberSituation* member,
                                   const ClusterSpec& spec, std::int64_t now_seconds);

/// What a person can do about a kubelet that does not run.
std::string kubelet_remedy(const NodeSituation& node);

/// Whether its etcd's container runs though no manifest wants it: the kubelet ends it, and until then it is neither what it was nor
/// stopped. Within its scan of 20 s and its grace of 30 s (etcd-facts 9).
bool is_being_stopped(const NodeFacts& facts);

/// Whether its etcd was begun again within ten seconds, after one that has ended, and does not answer yet, or is being ended for
/// that, as the kubelet's probe does: in a moment it serves, or has ended once more.
bool is_begun_again(const NodeObservation& node, std::int64_t now_seconds);

/// The last lines of the logs of etcd's containers on a node, oldest first. Of a container that has run for a minute, its own
/// alone: an earlier attempt's end says nothing of it.
std::vector<std::string> etcd_log(const NodeFacts& facts, std::int64_t now_seconds);

}  // namespace quorate
