// SPDX-License-Identifier: Apache-2.0
#include "plans/back_up.h"

#include <algorithm>

#include "plans/snapshot_source.h"

namespace quorate {
namespace {

bool is_of_given_up(const Draft& draft, const std::string& name) {
  return std::any_of(draft.situation.nodes.begin(), draft.situation.nodes.end(),
                     [&](const NodeSituation& node) { return node.name == name && node.given_up(); });
}

bool could_cost_data(const Draft& draft, const Step& step) {
  switch (step.action_case()) {
    case Step::kRemoveMember:
    case Step::kStopEtcd:
    case Step::kAddLearner:
    case Step::kPromoteLearner:
    case Step::kUpdatePeerUrls:
    case Step::kMoveLeader:
    case Step::kSetFlags:
    case Step::kMoveMember:
    case Step::kJoinByKubeadm:
    case Step::kCompactStore:
    case Step::kBringSnapshot:
    case Step::kBringTools:
    case Step::kRestoreBeside: return true;
    case Step::kSetAsideData: return !is_of_given_up(draft, step.set_aside_data().node());
    case Step::kStopControlPlane: return draft.restore != nullptr;
    case Step::kStopMembers: return draft.restore != nullptr;
    default: return false;
  }
}

// The first that can, whoever leads: leadership moves, and a saved plan must not be stale by that. Before a restore a survivor's
// is better than none.
absl::StatusOr<SnapshotSource> source_of(const Spec& spec, const Observation& observation) {
  for (const NodeObservation& node : observation.nodes()) {
    absl::StatusOr<SnapshotSource> source = snapshot_source(spec, observation, node.name());
    if (source.ok() && source->with_quorum) return source;
  }
  return snapshot_source(spec, observation, "");
}

}  // namespace

void back_up_first(const Spec& spec, const Observation& observation, Draft& draft) {
  const BackupSettings& backup = spec.spec().backup();
  if (backup.directory().empty()) return;
  // A recovery saves what the survivor has by itself.
  if (draft.restore != nullptr && draft.restore->recovers()) return;
  // While stores differ nothing can be counted to prove one, and it may be the wrong one.
  if (draft.situation.corrupt) return;
  const auto first =
      std::find_if(draft.steps.begin(), draft.steps.end(), [&](const Step& step) { return could_cost_data(draft, step); });
  if (first == draft.steps.end()) return;
  const absl::StatusOr<SnapshotSource> source = source_of(spec, observation);
  if (!source.ok()) return;
  Step step;
  step.set_why("What is there now is kept here too, whatever comes of the rest.");
  step.mutable_back_up()->set_node(source->node);
  step.mutable_back_up()->set_directory(backup.directory());
  // What is restored may be the oldest of them.
  if (draft.restore == nullptr) step.mutable_back_up()->set_keep(backup.keep());
  step.mutable_back_up()->set_with_quorum(source->with_quorum);
  draft.steps.insert(first, step);
}

}  // namespace quorate
