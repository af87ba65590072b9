// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "plans/cluster_choice.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

enum class Holds { yes, no, unknown };

struct Verdict {
  Holds holds = Holds::unknown;
  std::string because;   ///< what was seen instead; empty where it holds
  bool lasting = false;  ///< waiting does not mend it: a person must
};

/// Reads facts off one observation: guards before a step, checks after it. Pure.
class FactReader {
 public:
  FactReader(const Spec& spec, const Observation& observation);

  [[nodiscard]] Verdict read(const Fact& fact) const;

 private:
  [[nodiscard]] Verdict member_listed(const Fact::MemberListed& fact) const;
  [[nodiscard]] Verdict member_absent(const Fact::MemberAbsent& fact) const;
  [[nodiscard]] Verdict membership_is(const Fact::MembershipIs& fact) const;
  [[nodiscard]] Verdict etcd_stopped(const Fact::EtcdStopped& fact) const;
  [[nodiscard]] Verdict etcd_serves(const Fact::EtcdServes& fact) const;
  [[nodiscard]] Verdict etcd_runs(const Fact::EtcdRuns& fact) const;
  [[nodiscard]] Verdict caught_up(const Fact::CaughtUp& fact) const;
  [[nodiscard]] Verdict quorum_without(const Fact::QuorumWithout& fact) const;
  [[nodiscard]] Verdict data_absent(const Fact::DataAbsent& fact) const;
  [[nodiscard]] Verdict data_is(const Fact::DataIs& fact) const;
  [[nodiscard]] Verdict data_owner_is(const Fact::DataOwnerIs& fact) const;
  [[nodiscard]] Verdict manifest_is(const Fact::ManifestIs& fact) const;
  [[nodiscard]] Verdict manifest_absent(const Fact::ManifestAbsent& fact) const;
  [[nodiscard]] Verdict node_answers(const Fact::NodeAnswers& fact) const;
  [[nodiscard]] Verdict node_silent(const Fact::NodeSilent& fact) const;
  [[nodiscard]] Verdict serves_what_is_on_disk(const std::string& name) const;
  [[nodiscard]] Verdict certificates_good(const Fact::CertificatesGood& fact) const;
  [[nodiscard]] Verdict authority_present(const Fact::AuthorityPresent& fact) const;
  [[nodiscard]] Verdict authorities_are(const Fact::AuthoritiesAre& fact) const;
  [[nodiscard]] Verdict authorities_trusted(const Fact::AuthoritiesTrusted& fact) const;
  [[nodiscard]] Verdict next_authority_is(const Fact::NextAuthorityIs& fact) const;
  [[nodiscard]] Verdict leader_is_not(const Fact::LeaderIsNot& fact) const;
  [[nodiscard]] Verdict all_voters_serve() const;
  [[nodiscard]] Verdict store_below(const Fact::StoreBelow& fact) const;
  [[nodiscard]] Verdict runs_with(const Fact::RunsWith& fact) const;
  [[nodiscard]] Verdict stores_agree() const;
  [[nodiscard]] Verdict alarm_off(const Fact::AlarmOff& fact) const;
  [[nodiscard]] Verdict image_present(const Fact::ImagePresent& fact) const;
  [[nodiscard]] Verdict kubeadm_joined(const Fact::KubeadmJoined& fact) const;
  [[nodiscard]] Verdict no_learner(const Fact::NoLearner& fact) const;
  [[nodiscard]] Verdict api_server_ready(const Fact::ApiServerReady& fact) const;
  [[nodiscard]] Verdict kubelet_active(const Fact::KubeletActive& fact) const;
  [[nodiscard]] Verdict peer_url_is(const Fact::PeerUrlIs& fact) const;

  [[nodiscard]] Verdict snapshot_present(const Fact::SnapshotPresent& fact) const;
  [[nodiscard]] Verdict restored_present(const Fact::RestoredPresent& fact) const;
  [[nodiscard]] Verdict control_plane_stopped(const Fact::ControlPlaneStopped& fact) const;
  [[nodiscard]] Verdict data_of_cluster(const Fact::DataOfCluster& fact) const;
  [[nodiscard]] Verdict serves_cluster(const Fact::ServesCluster& fact) const;
  [[nodiscard]] Verdict manifests_placed(const Fact::ManifestsPlaced& fact) const;
  [[nodiscard]] Verdict cluster_given_up(const Fact::ClusterGivenUp& fact) const;

  [[nodiscard]] bool answers_neighbour(const std::string& member_id) const;
  [[nodiscard]] const NodeFacts* facts_of(const std::string& node) const;

  const Spec& spec_;
  const Observation& observation_;
  ClusterChoice cluster_;
};

/// The fact as a statement: `etcd on node3 is stopped`.
std::string text_of(const Fact& fact);

}  // namespace quorate
