// SPDX-License-Identifier: Apache-2.0
#include "plans/restore.h"
#include "plans/restore_tool.h"
#include "plans/steps/steps.h"

namespace quorate {

absl::Status write_out(const DrillOnNode& action, StepContext& context, Step& step) {
  const Intent::Restore& wish = *context.restore;
  const NodeFacts& facts = facts_of(context, action.node());
  step.set_title("serve what is restored on " + action.node() + " once, to nobody but etcdctl: " + std::to_string(wish.keys()) +
                 " keys at revision " + std::to_string(wish.revision()));
  const std::optional<Tool> etcd = etcd_program(facts, wish);
  if (!etcd) return precondition("etcd cannot be run on " + action.node());
  ServeRestored& serve = *step.add_operations()->mutable_serve_restored();
  serve.set_node(action.node());
  serve.set_folder(restore_folder(facts, context.run_id));
  *serve.mutable_tool() = on_node(*etcd, facts, context.run_id);
  serve.set_revision(wish.revision());
  serve.set_keys(wish.keys());
  if (wish.has_hash()) serve.set_hash(wish.hash());
  Fact::RestoredPresent& restored = *step.add_guards()->mutable_restored_present();
  restored.set_node(action.node());
  restored.set_folder(serve.folder());
  return absl::OkStatus();
}

}  // namespace quorate
