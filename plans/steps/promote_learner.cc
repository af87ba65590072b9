// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const PromoteLearner& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  // A learner that is listed already may be listed at another URL than it would be added at.
  const MemberSituation* listed_learner = member_on(context, node);
  const std::string url = listed_learner != nullptr && listed_learner->learner
                              ? listed_learner->peer_url
                              : peer_url_for(context.spec, context.observation, context.situation, node);
  step.mutable_promote_learner()->set_peer_url(url);
  step.set_title("promote " + node + " to a voter");
  // A learner counts as a voter at once. With a live quorum now, and it live, the quorum of the new size is live too.
  step.add_guards()->mutable_quorum_without();
  Fact::EtcdServes& serves = *step.add_guards()->mutable_etcd_serves();
  serves.set_node(node);
  serves.set_learner(true);
  step.add_operations()->mutable_member_promote()->set_peer_url(url);
  Fact::MemberListed& listed = *step.add_checks()->mutable_member_listed();
  listed.set_peer_url(url);
  listed.set_learner(false);
  step.set_check_seconds(15);
  for (ExpectedMember& member : context.members) {
    if (member.peer_url == url) {
      member.learner = false;
      member.live = true;
    }
  }
  return absl::OkStatus();
}

}  // namespace quorate
