// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/steps/steps.h"

namespace quorate {
namespace {

// One that is listed already, and stays, may be listed at another URL than it would be added at.
std::string url_of_learner(const StepContext& context, const std::string& node) {
  const MemberSituation* member = member_on(context, node);
  const bool stays = member != nullptr && member->learner &&
                     std::any_of(context.members.begin(), context.members.end(),
                                 [&](const ExpectedMember& expected) { return expected.id == member->id; });
  return stays ? member->peer_url : peer_url_for(context.spec, context.observation, context.situation, node);
}

}  // namespace

absl::Status write_out(const PromoteLearner& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  const std::string url = url_of_learner(context, node);
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
