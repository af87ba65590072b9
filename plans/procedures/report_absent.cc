// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {
namespace {

bool is_spoken_of(const Draft& draft, const NodeSituation& node) {
  const auto is_about = [&](const Finding& finding) { return finding.subject() == node.name; };
  return std::any_of(draft.refusals.begin(), draft.refusals.end(), is_about) ||
         std::any_of(draft.waiting.begin(), draft.waiting.end(), is_about) ||
         draft.any_step([&](const Step& step) { return step.add_learner().node() == node.name; });
}

std::string remedy_for(const NodeSituation& node) {
  if (node.access != Access::answers) return "It joins once it can be worked on.";
  if (node.separate_wal) return "Take --wal-dir out of its manifest, or make it a member by hand.";
  return "It joins once its data can be seen.";
}

}  // namespace

void report_absent(Draft& draft) {
  for (const NodeSituation& node : draft.situation.nodes) {
    if (node.member || node.asserted_lost || node.data != DataState::unknown || is_spoken_of(draft, node)) continue;
    draft.waiting.push_back(make_finding(FindingKind::unseen_node,
                                         {.subject = node.name,
                                          .summary = "The spec has it, the cluster does not, and what it holds cannot be seen.",
                                          .remedy = remedy_for(node)}));
  }
}

}  // namespace quorate
