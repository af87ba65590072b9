// SPDX-License-Identifier: Apache-2.0
#include "plans/bytes_text.h"
#include "plans/facts.h"
#include "plans/lookup.h"
#include "plans/shared_arguments.h"

namespace quorate {
namespace {

std::string member_text(const std::string& id, const std::string& url) { return id.empty() ? url : id; }

std::string role(bool learner) { return learner ? "learner" : "voter"; }

}  // namespace

std::string text_of(const Fact& fact) {
  switch (fact.kind_case()) {
    case Fact::kMemberListed: return fact.member_listed().peer_url() + " is listed as a " + role(fact.member_listed().learner());
    case Fact::kMemberAbsent:
      return "member " + member_text(fact.member_absent().member_id(), fact.member_absent().peer_url()) + " is not listed";
    case Fact::kMembershipIs: {
      const auto& urls = fact.membership_is().peer_urls();
      return "the members are exactly " + join({urls.begin(), urls.end()}, ", ");
    }
    case Fact::kEtcdStopped: return "no container, process or port of etcd is left on " + fact.etcd_stopped().node();
    case Fact::kEtcdServes: return "etcd on " + fact.etcd_serves().node() + " serves as a " + role(fact.etcd_serves().learner());
    case Fact::kCaughtUp:
      return fact.caught_up().node() + " is within " + std::to_string(fact.caught_up().within()) + " entries of the leader";
    case Fact::kQuorumWithout:
      if (fact.quorum_without().member_id().empty()) return "a quorum is live";
      return "a quorum is live without member " + fact.quorum_without().member_id();
    case Fact::kDataAbsent: return "the data directory on " + fact.data_absent().node() + " is empty";
    case Fact::kManifestIs: return fact.manifest_is().path() + " on " + fact.manifest_is().node() + " is as planned";
    case Fact::kNodeAnswers: return fact.node_answers().node() + " answers SSH";
    case Fact::kNodeSilent:
      return "neither SSH nor etcd answers for " + member_text(fact.node_silent().node(), fact.node_silent().member_id());
    case Fact::kCertificatesGood: {
      const Fact::CertificatesGood& good = fact.certificates_good();
      return "on " + good.node() + (good.replaced().empty() ? " these are good: " : " these are new and good: ") +
             join({good.paths().begin(), good.paths().end()}, ", ") +
             (good.issuer().empty() ? "" : ", signed by " + good.issuer()) + (good.served() ? "; and etcd shows its new one" : "");
    }
    case Fact::kAuthorityPresent:
      return "etcd's CA" + std::string(fact.authority_present().with_key() ? " and its key are" : " is") + " on " +
             (fact.authority_present().node().empty() ? "the workstation" : fact.authority_present().node());
    case Fact::kLeaderIsNot: return "member " + fact.leader_is_not().member_id() + " does not lead";
    case Fact::kAllVotersServe: return "every voter serves, in one cluster, with a leader";
    case Fact::kApiServerReady: return "the API server on " + fact.api_server_ready().node() + " is ready";
    case Fact::kManifestAbsent: return fact.manifest_absent().path() + " is gone from " + fact.manifest_absent().node();
    case Fact::kDataOwnerIs:
      return "the data directory on " + fact.data_owner_is().node() + " is " + fact.data_owner_is().owner() + "'s";
    case Fact::kNoLearner:
      return fact.no_learner().except_peer_url().empty() ? "there is no learner"
                                                         : "there is no learner but " + fact.no_learner().except_peer_url();
    case Fact::kDataIs: return "the data on " + fact.data_is().node() + " is member " + fact.data_is().member_id() + "'s";
    case Fact::kRunsWith: {
      const auto& flags = fact.runs_with().flags();
      return "etcd on " + fact.runs_with().node() + " runs with " + flags_text({flags.begin(), flags.end()});
    }
    case Fact::kEtcdRuns: return "etcd runs on " + fact.etcd_runs().node();
    case Fact::kKubeletActive: return "the kubelet runs on " + fact.kubelet_active().node();
    case Fact::kPeerUrlIs:
      return "the peer URL of member " + fact.peer_url_is().member_id() + " is " + fact.peer_url_is().peer_url();
    case Fact::kSnapshotPresent: return "the snapshot is on " + fact.snapshot_present().node() + ", whole and verified";
    case Fact::kRestoredPresent:
      return "it is restored on " + fact.restored_present().node() + ", in " + fact.restored_present().folder();
    case Fact::kControlPlaneStopped:
      return "no API server, controller manager or scheduler runs on " + fact.control_plane_stopped().node();
    case Fact::kDataOfCluster:
      return "the data on " + fact.data_of_cluster().node() + " is cluster " + fact.data_of_cluster().cluster_id() + "'s";
    case Fact::kServesCluster:
      return "etcd on " + fact.serves_cluster().node() + " serves cluster " + fact.serves_cluster().cluster_id();
    case Fact::kManifestsPlaced: {
      const auto& names = fact.manifests_placed().names();
      return join({names.begin(), names.end()}, ", ") + " of " + fact.manifests_placed().node() + " is where the kubelet runs it";
    }
    case Fact::kClusterGivenUp:
      return "that " + given_up_text(fact.cluster_given_up().cluster_id()) + " is given up is written down on " +
             fact.cluster_given_up().node();
    case Fact::kStoreBelow:
      return "the database of " + fact.store_below().node() + " is below its quota of " + text_of_bytes(fact.store_below().bytes());
    case Fact::kStoresAgree: return "every voter's store has the same hash at one revision";
    case Fact::kAlarmOff: return "no voter knows of an alarm " + fact.alarm_off().alarm();
    case Fact::kImagePresent: return fact.image_present().image() + " is on " + fact.image_present().node();
    case Fact::kKubeadmJoined:
      return fact.kubeadm_joined().node() +
             (fact.kubeadm_joined().finished() ? " is joined by kubeadm, to the end" : " is joined by kubeadm, but for etcd");
    case Fact::kAuthoritiesAre: {
      const Fact::AuthoritiesAre& are = fact.authorities_are();
      return "etcd's ca.crt on " + are.node() + " has " + listed({are.names().begin(), are.names().end()}) +
             (are.with_key() ? ", and ca.key is " + are.names(0) + "'s" : "");
    }
    case Fact::kAuthoritiesTrusted: {
      const Fact::AuthoritiesTrusted& trusted = fact.authorities_trusted();
      return "etcd on " + trusted.node() + " accepts clients that " + listed({trusted.names().begin(), trusted.names().end()}) +
             " signed" + (trusted.no_other() ? ", and no others" : "");
    }
    case Fact::kNextAuthorityIs: {
      const Fact::NextAuthorityIs& next = fact.next_authority_is();
      return next.name().empty() ? "no CA is kept aside on " + next.node()
                                 : next.name() + " is kept aside on " + next.node() + ", with its key";
    }
    case Fact::KIND_NOT_SET: break;
  }
  return "";
}

}  // namespace quorate
