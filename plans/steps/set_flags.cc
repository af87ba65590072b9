// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/quorum.h"
#include "plans/shared_arguments.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status restart_with(const ManifestEdit& edit, const std::string& node, bool is_cut_off, StepContext& context, Step& step) {
  const NodeFacts& facts = facts_of(context, node);
  const Manifest* current = current_manifest(facts);
  if (current == nullptr) return precondition("no member's manifest is in force on " + node);
  if (forces_new_cluster(*current)) return refused_to_force(node, current->path());
  const absl::StatusOr<std::string> changed = edit_manifest(current->content(), edit);
  if (!changed.ok()) return annotate(changed.status(), "the manifest of " + node);
  // The kubelet ends the old pod before it starts the new one: its member is down for a moment.
  const MemberSituation* own = member_on(context, node);
  if (is_cut_off && own != nullptr) {
    step.add_guards()->mutable_quorum_without()->set_member_id(own->id);
  } else {
    guard_restart(node, context, step);
  }
  step.add_guards()->mutable_kubelet_active()->set_node(node);
  *step.add_operations()->mutable_put_file() = manifest_file(node, manifest_before_path(context.run_id), current->content());
  // Where it is, whatever it is called: beside it another would be a second one.
  *step.add_operations()->mutable_put_file() = manifest_file(node, current->path(), *changed);
  // First what can tell that it never will: its log names a flag that etcd does not take.
  step.add_checks()->mutable_etcd_serves()->set_node(node);
  Fact::RunsWith& runs = *step.add_checks()->mutable_runs_with();
  runs.set_node(node);
  *runs.mutable_flags() = {edit.arguments.begin(), edit.arguments.end()};
  // The kubelet's grace for the old pod, and etcd's start (etcd-facts 9).
  step.set_check_seconds(120);
  *step.add_undo()->mutable_put_file() = manifest_file(node, current->path(), current->content());
  context.started[node] = manifest_at(current->path(), *changed);
  return absl::OkStatus();
}

absl::Status write_out(const SetFlags& given, StepContext& context, Step& step) {
  ManifestEdit edit;
  edit.arguments = {given.flags().begin(), given.flags().end()};
  step.set_title("run etcd on " + given.node() + " with " + flags_text(edit.arguments));
  return restart_with(edit, given.node(), false, context, step);
}

}  // namespace quorate
