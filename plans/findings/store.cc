// SPDX-License-Identifier: Apache-2.0
#include "plans/findings/store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "plans/finding.h"
#include "plans/stores.h"

namespace quorate {
namespace {

// The first that applies: why nothing is served, and what comes of it.
std::pair<std::string, std::string> what_stores_show(const Situation& situation) {
  const bool unseen = std::any_of(situation.members.begin(), situation.members.end(),
                                  [](const MemberSituation& member) { return member.store_unseen && !member.asserted_lost; });
  const bool differs = std::any_of(situation.nodes.begin(), situation.nodes.end(),
                                   [](const NodeSituation& node) { return node.data == DataState::corrupt; });
  if (situation.stores_undecided) {
    return {"stores differ, and no majority of three or more has the same.",
            "Save a snapshot of each, and find out which is right: --replace NODE for each of the others."};
  }
  if (unseen) {
    return {"stores differ, and not every voter's could be looked at.",
            "Bring back what does not answer; or, where it is gone for good: --lost NODE-OR-ID"};
  }
  if (differs) return {"stores differ.", "Whose store differs from the majority's gets fresh data; then the alarm is taken off."};
  return {"stores differed; they do not any more.", "The alarm is taken off."};
}

}  // namespace

void store_findings(const Observation& observation, const MemberList& members, const Situation& situation,
                    std::vector<Finding>& findings) {
  if (!situation.corrupt) return;
  const auto [shown, remedy] = what_stores_show(situation);
  findings.push_back(make_finding(FindingKind::stores_differ, {.subject = "",
                                                               .summary = "etcd has stopped serving because " + shown,
                                                               .evidence = store_hashes(observation, situation.cluster_id, members),
                                                               .remedy = remedy}));
}

}  // namespace quorate
