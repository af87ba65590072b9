// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const AddLearner& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  const std::string url = peer_url_for(context.spec, context.observation, context.situation, node);
  if (url.empty()) return precondition("no peer URL can be made for " + node);
  step.mutable_add_learner()->set_peer_url(url);
  step.set_title("add " + node + " as a learner (" + url + ")");
  step.add_guards()->mutable_no_learner()->set_except_peer_url(url);
  step.add_guards()->mutable_all_voters_serve();
  step.add_guards()->mutable_data_absent()->set_node(node);
  step.add_operations()->mutable_member_add()->set_peer_url(url);
  Fact::MemberListed& listed = *step.add_checks()->mutable_member_listed();
  listed.set_peer_url(url);
  listed.set_learner(true);
  step.set_check_seconds(15);
  step.add_undo()->mutable_member_remove()->set_learner_peer_url(url);
  context.members.push_back({.id = "", .name = node, .peer_url = url, .learner = true, .live = false});
  return absl::OkStatus();
}

}  // namespace quorate
