// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

const NodeSituation* node_named(const StepContext& context, const std::string& name) {
  for (const NodeSituation& candidate : context.situation.nodes) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

// Two manifests make the kubelet restart etcd, and the plan may have been made in the moment between: then it is awaited too.
bool will_serve(const StepContext& context, const std::string& name) {
  const MemberSituation* member = member_on(context, name);
  return member != nullptr && !member->learner && (member->live || node_named(context, name)->etcd == EtcdState::starting);
}

void mark_live(StepContext& context, const std::string& id) {
  for (ExpectedMember& member : context.members) {
    if (member.id == id) member.live = true;
  }
}

}  // namespace

absl::Status write_out(const ParkManifest& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  const NodeFacts& facts = facts_of(context, node);
  step.set_title("move surplus manifests of etcd on " + node + " out of the kubelet's sight");
  const MemberSituation* member = member_on(context, node);
  // What runs is replaced by etcd.yaml's pod, so its member is down for a moment.
  if (member != nullptr) step.add_guards()->mutable_quorum_without()->set_member_id(member->id);
  step.add_guards()->mutable_kubelet_active()->set_node(node);
  bool kept = false;
  for (const Manifest& manifest : facts.manifests()) {
    if (manifest.path() == manifest_path(facts) && manifest.problem().empty()) {
      if (forces_new_cluster(manifest)) return refused_to_force(node, manifest.path());
      kept = true;
      continue;
    }
    MovePath& move = *step.add_operations()->mutable_move_path();
    move.set_node(node);
    move.set_from(manifest.path());
    move.set_to(parking_place(context, facts, manifest));
    Fact::ManifestAbsent& absent = *step.add_checks()->mutable_manifest_absent();
    absent.set_node(node);
    absent.set_path(manifest.path());
  }
  if (!kept) return precondition("none of the manifests on " + node + " is a readable etcd.yaml");
  step.add_operations()->mutable_remove_containers()->set_node(node);
  if (will_serve(context, node)) {
    step.add_checks()->mutable_etcd_serves()->set_node(node);
    mark_live(context, member->id);
  }
  step.set_check_seconds(120);
  return absl::OkStatus();
}

}  // namespace quorate
