// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const PutManifestBack& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  const NodeFacts& facts = facts_of(context, node);
  const Manifest* before = manifest_of_before(facts, context.run_id);
  if (before == nullptr) return precondition("the manifest of before is not on " + node);
  step.set_title("put the manifest of before back on " + node);
  step.add_guards()->mutable_kubelet_active()->set_node(node);
  const Manifest* current = current_manifest(facts);
  const std::string path = current == nullptr ? manifest_path(facts) : current->path();
  *step.add_operations()->mutable_put_file() = manifest_file(node, path, before->content());
  step.add_operations()->mutable_remove_containers()->set_node(node);
  step.add_checks()->mutable_etcd_serves()->set_node(node);
  step.set_check_seconds(120);
  return absl::OkStatus();
}

}  // namespace quorate
