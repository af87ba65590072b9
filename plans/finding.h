// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "schemas/plan.pb.h"

namespace quorate {

/// What can be found. The names (in finding.cc) are part of the output: a new kind is a line there.
enum class FindingKind {
  // of the cluster
  no_quorum,
  two_clusters,
  no_cluster,
  run_unfinished,
  run_left,
  survivor_chosen,
  snapshot_unproven,
  revision_not_bumped,
  majority_disagrees,
  stores_differ,
  // of a node
  unreachable,
  asserted_lost,
  access_barred,
  not_recorded,
  kubelet_inactive,
  clock_skewed,
  fact_unknown,
  // of a member's etcd
  lost_data,
  data_of_removed_member,
  data_of_other_cluster,
  given_up_cluster,
  data_of_other_member,
  data_unknown,
  older_data,
  damaged_data,
  etcd_stopped,
  etcd_failing,
  etcd_silent,
  not_a_member,
  unstarted_member,
  learner_left,
  manifest_duplicated,
  manifest_unreadable,
  data_owner_wrong,
  disk_short,
  peer_url_wrong,
  name_disagrees,
  api_server_not_ready,
  control_plane_parked,
  certificate_missing,
  certificate_expired,
  certificate_expires_soon,
  certificate_not_yet_valid,
  certificate_not_served,
  key_exposed,
  authority_missing,
  authority_rotation,
  authority_unusable,
  alarm,
  corrupt_store,
  // against the spec
  surplus_member,
  missing_member,
  unseen_node,
  image_differs,
  argument_differs,
  flags_differ,
  address_differs,
  certificate_differs,
  set_aside_due,
  // of what a person asked for
  intent_refused,
  step_impossible,
  // of a plan, which is not trusted
  plan_unproven,
};

/// The kind's name in all output: `lost-data`.
std::string name_of(FindingKind kind);

struct FindingText {
  std::string subject;
  std::string summary;
  std::vector<std::string> evidence = {};
  std::string remedy = {};
};

Finding make_finding(FindingKind kind, const FindingText& text);

/// Whether one of them is of that kind.
bool has_finding(const google::protobuf::RepeatedPtrField<Finding>& findings, FindingKind kind);

}  // namespace quorate
