// SPDX-License-Identifier: Apache-2.0
#include "plans/finding.h"

#include <algorithm>

namespace quorate {

std::string name_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::no_quorum: return "no-quorum";
    case FindingKind::two_clusters: return "two-clusters";
    case FindingKind::no_cluster: return "no-cluster";
    case FindingKind::run_unfinished: return "run-unfinished";
    case FindingKind::run_left: return "run-left";
    case FindingKind::survivor_chosen: return "survivor-chosen";
    case FindingKind::snapshot_unproven: return "snapshot-unproven";
    case FindingKind::revision_not_bumped: return "revision-not-bumped";
    case FindingKind::majority_disagrees: return "majority-disagrees";
    case FindingKind::unreachable: return "unreachable";
    case FindingKind::asserted_lost: return "asserted-lost";
    case FindingKind::access_barred: return "access-barred";
    case FindingKind::not_recorded: return "not-recorded";
    case FindingKind::kubelet_inactive: return "kubelet-inactive";
    case FindingKind::clock_skewed: return "clock-skewed";
    case FindingKind::fact_unknown: return "fact-unknown";
    case FindingKind::lost_data: return "lost-data";
    case FindingKind::data_of_removed_member: return "data-of-removed-member";
    case FindingKind::given_up_cluster: return "given-up-cluster";
    case FindingKind::data_of_other_cluster: return "data-of-other-cluster";
    case FindingKind::data_of_other_member: return "data-of-other-member";
    case FindingKind::data_unknown: return "data-unknown";
    case FindingKind::older_data: return "older-data";
    case FindingKind::damaged_data: return "damaged-data";
    case FindingKind::etcd_stopped: return "etcd-stopped";
    case FindingKind::etcd_failing: return "etcd-failing";
    case FindingKind::etcd_silent: return "etcd-silent";
    case FindingKind::not_a_member: return "not-a-member";
    case FindingKind::unstarted_member: return "unstarted-member";
    case FindingKind::learner_left: return "learner-left";
    case FindingKind::manifest_duplicated: return "manifest-duplicated";
    case FindingKind::manifest_unreadable: return "manifest-unreadable";
    case FindingKind::data_owner_wrong: return "data-owner-wrong";
    case FindingKind::disk_short: return "disk-short";
    case FindingKind::peer_url_wrong: return "peer-url-wrong";
    case FindingKind::name_disagrees: return "name-disagrees";
    case FindingKind::api_server_not_ready: return "api-server-not-ready";
    case FindingKind::control_plane_parked: return "control-plane-parked";
    case FindingKind::certificate_missing: return "certificate-missing";
    case FindingKind::certificate_expired: return "certificate-expired";
    case FindingKind::certificate_expires_soon: return "certificate-expires-soon";
    case FindingKind::certificate_not_yet_valid: return "certificate-not-yet-valid";
    case FindingKind::certificate_not_served: return "certificate-not-served";
    case FindingKind::key_exposed: return "key-exposed";
    case FindingKind::authority_missing: return "authority-missing";
    case FindingKind::authority_rotation: return "authority-rotation";
    case FindingKind::authority_unusable: return "authority-unusable";
    case FindingKind::alarm: return "alarm";
    case FindingKind::corrupt_store: return "corrupt-store";
    case FindingKind::stores_differ: return "stores-differ";
    case FindingKind::surplus_member: return "surplus-member";
    case FindingKind::missing_member: return "missing-member";
    case FindingKind::unseen_node: return "unseen-node";
    case FindingKind::image_differs: return "image-differs";
    case FindingKind::argument_differs: return "argument-differs";
    case FindingKind::flags_differ: return "flags-differ";
    case FindingKind::address_differs: return "address-differs";
    case FindingKind::certificate_differs: return "certificate-differs";
    case FindingKind::set_aside_due: return "set-aside-due";
    case FindingKind::intent_refused: return "intent-refused";
    case FindingKind::step_impossible: return "step-impossible";
    case FindingKind::plan_unproven: return "plan-unproven";
  }
  return "unknown";
}

Finding make_finding(FindingKind kind, const FindingText& text) {
  Finding finding;
  finding.set_kind(name_of(kind));
  finding.set_subject(text.subject);
  finding.set_summary(text.summary);
  for (const std::string& line : text.evidence) finding.add_evidence(line);
  finding.set_remedy(text.remedy);
  return finding;
}

bool has_finding(const google::protobuf::RepeatedPtrField<Finding>& findings, FindingKind kind) {
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.kind() == name_of(kind); });
}

}  // namespace quorate
