// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

void adopt(Draft& draft, const NodeSituation& node, const MemberSituation& member) {
  const std::string why = member.started ? "A learner was left; it is taken on with."
                                         : "A join was left half-way: its member was added and never started.";
  if (node.etcd == EtcdState::serving) {
    draft.add(why, [&](Step& step) { step.mutable_catch_up()->set_node(node.name); });
    draft.add("A learner does not count towards the quorum.",
              [&](Step& step) { step.mutable_promote_learner()->set_node(node.name); });
    draft.add("Done is what an observation shows.", [&](Step& step) { step.mutable_verify_member()->set_node(node.name); });
    return;
  }
  if (!can_join(draft, node)) return;
  const bool may_run = node.etcd != EtcdState::stopped || node.manifest != ManifestState::absent;
  if (node.data == DataState::none && (may_run || node.data_leftovers)) {
    draft.add("What a failed start left there is no data.", [&](Step& step) { step.mutable_stop_etcd()->set_node(node.name); });
    draft.add("A fresh member starts with no data.", [&](Step& step) { step.mutable_set_aside_data()->set_node(node.name); });
  }
  provide_certificates(draft, node);
  bring_up_learner(draft, node, why);
}

}  // namespace

void adopt_learners(Draft& draft) {
  for (const MemberSituation& member : draft.situation.members) {
    if (!member.learner || member.asserted_lost) continue;
    if (!member.node) {
      if (!member.started) remove_member(draft, member, "It was added and never started, and no node of the spec is its own.");
      continue;
    }
    const NodeSituation& node = draft.situation.nodes[*member.node];
    if (node.access != Access::answers || needs_fresh_data(draft.situation, node)) continue;
    // The finding says what a person has to find out.
    if (!no_store_to_copy(draft)) adopt(draft, node, member);
  }
}

}  // namespace quorate
