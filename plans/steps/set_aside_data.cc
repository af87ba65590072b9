// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

namespace quorate {
absl::Status write_out(const SetAsideData& given, StepContext& context, Step& step) {
  SetAsideData& action = *step.mutable_set_aside_data();
  const std::string node = given.node();
  action.set_data_directory(facts_of(context, node).data_directory().path());
  action.set_set_aside(unused_folder(facts_of(context, node), action.data_directory() + "/.quorate-" + context.run_id));
  step.set_title("set the data on " + node + " aside");
  step.add_guards()->mutable_etcd_stopped()->set_node(node);
  MoveEntries& move = *step.add_operations()->mutable_move_entries();
  move.set_node(node);
  move.set_from(action.data_directory());
  move.set_to(action.set_aside());
  step.add_checks()->mutable_data_absent()->set_node(node);
  step.set_check_seconds(10);
  MoveEntries& back = *step.add_undo()->mutable_move_entries();
  back.set_node(node);
  back.set_from(action.set_aside());
  back.set_to(action.data_directory());
  return absl::OkStatus();
}

}  // namespace quorate
