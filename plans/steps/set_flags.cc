// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/shared_arguments.h"
#include "plans/steps/steps.h"
#include "schemas/digest.h"
#include "schemas/static_pod.h"

namespace quorate {
namespace {

const ExpectedMember* member_on(const StepContext& context, const std::string& node) {
  for (const NodeSituation& each : context.situation.nodes) {
    if (each.name != node || !each.member) continue;
    const std::string& id = context.situation.members[*each.member].id;
    for (const ExpectedMember& member : context.members) {
      if (member.id == id) return &member;
    }
  }
  return nullptr;
}

// The kubelet ends the old pod before it starts the new one: its member is down for a moment.
void guard_restart(const ExpectedMember& member, const std::string& node, Step& step) {
  step.add_guards()->mutable_all_voters_serve();
  step.add_guards()->mutable_quorum_without()->set_member_id(member.id);
  step.add_guards()->mutable_kubelet_active()->set_node(node);
}

PutFile copy_of(const Manifest& manifest, const std::string& node, const std::string& path) {
  PutFile copy;
  copy.set_node(node);
  copy.set_path(path);
  copy.set_content(manifest.content());
  copy.set_owner("0:0");
  copy.set_mode("600");
  return copy;
}

absl::Status put_it_back(const std::string& node, StepContext& context, Step& step) {
  const NodeFacts& facts = facts_of(context, node);
  const Manifest* before = manifest_of_before(facts, context.run_id);
  if (before == nullptr) return precondition("the manifest of before is not on " + node);
  step.set_title("put the manifest of before back on " + node);
  step.add_guards()->mutable_kubelet_active()->set_node(node);
  put_manifest(node, before->content(), facts, step);
  step.add_operations()->mutable_remove_containers()->set_node(node);
  step.add_checks()->mutable_etcd_serves()->set_node(node);
  step.set_check_seconds(120);
  return absl::OkStatus();
}

}  // namespace

absl::Status write_out(const SetFlags& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  if (given.put_back()) return put_it_back(node, context, step);
  const NodeFacts& facts = facts_of(context, node);
  const Manifest* current = current_manifest(facts);
  const ExpectedMember* member = member_on(context, node);
  if (current == nullptr || member == nullptr) return precondition("no member's manifest is in force on " + node);
  ManifestEdit edit;
  edit.arguments = {given.flags().begin(), given.flags().end()};
  const absl::StatusOr<std::string> changed = edit_manifest(current->content(), edit);
  if (!changed.ok()) return annotate(changed.status(), "the manifest of " + node);
  step.set_title("run etcd on " + node + " with " + flags_text({given.flags().begin(), given.flags().end()}));
  guard_restart(*member, node, step);
  *step.add_operations()->mutable_put_file() = copy_of(*current, node, manifest_before_path(context.run_id));
  put_manifest(node, *changed, facts, step);
  // First what can tell that it never will: its log names a flag that etcd does not take.
  step.add_checks()->mutable_etcd_serves()->set_node(node);
  Fact::RunsWith& runs = *step.add_checks()->mutable_runs_with();
  runs.set_node(node);
  *runs.mutable_flags() = given.flags();
  // The kubelet's grace for the old pod, and etcd's start (etcd-facts 9).
  step.set_check_seconds(120);
  *step.add_undo()->mutable_put_file() = copy_of(*current, node, manifest_path(facts));
  return absl::OkStatus();
}

}  // namespace quorate
