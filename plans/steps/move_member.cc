// SPDX-License-Identifier: Apache-2.0
#include "plans/addresses.h"
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const MoveMember& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  const std::optional<StaticPod> pod = current_pod(facts_of(context, node));
  if (!pod) return precondition("no manifest of etcd can be read on " + node);
  ManifestEdit edit;
  edit.arguments = moved_flags(*pod, given.address());
  const auto client_urls = edit.arguments.find("advertise-client-urls");
  if (client_urls != edit.arguments.end()) {
    edit.annotations["kubeadm.kubernetes.io/etcd.advertise-client-urls"] = client_urls->second;
  }
  step.set_title("serve at " + given.address() + " on " + node);
  const MemberSituation* member = member_on(context, node);
  if (member == nullptr || member->live) return restart_with(edit, node, false, context, step);
  for (ExpectedMember& expected : context.members) expected.live = expected.live || expected.id == member->id;
  return restart_with(edit, node, true, context, step);
}

}  // namespace quorate
