// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const UpdatePeerUrls& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  const std::string id = given.member_id();
  const std::string url =
      given.peer_url().empty() ? peer_url_for(context.spec, context.observation, context.situation, node) : given.peer_url();
  if (url.empty()) return precondition("no peer URL can be made for " + node);
  step.mutable_update_peer_urls()->set_peer_url(url);
  step.set_title("set the peer URL of " + node + " to " + url);
  // etcd before 3.5.31 and 3.6.12 promotes a learner by this.
  step.add_guards()->mutable_no_learner();
  MemberUpdate& update = *step.add_operations()->mutable_member_update();
  update.set_member_id(id);
  update.set_peer_url(url);
  Fact::PeerUrlIs& is = *step.add_checks()->mutable_peer_url_is();
  is.set_member_id(id);
  is.set_peer_url(url);
  step.set_check_seconds(15);
  for (ExpectedMember& member : context.members) {
    if (member.id == id) member.peer_url = url;
  }
  return absl::OkStatus();
}

}  // namespace quorate
