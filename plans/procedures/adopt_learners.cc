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

// Nobody knows whose store it has a copy of, and while it is there no voter is removed.
void take_out(Draft& draft, const NodeSituation& node, const MemberSituation& member) {
  const bool is_known =
      !in_doubt_without(draft, [&](const NodeSituation& other) { return needs_fresh_data(draft.situation, other); });
  if (is_known) remove_member(draft, member, "Stores differ, and nobody knows of which it has a copy.");
  draft.waiting.push_back(make_finding(
      FindingKind::stores_differ,
      {.subject = node.name,
       .summary = is_known ? "It is made anew by the next plan." : "It may not vote before it is known whose store is right.",
       .remedy = is_known ? "" : doubt_remedy}));
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
    if (in_doubt(draft)) {
      take_out(draft, node, member);
    } else {
      adopt(draft, node, member);
    }
  }
}

}  // namespace quorate
