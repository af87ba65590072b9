// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/steps/steps.h"

namespace quorate {
namespace {

// A run that was resumed may have set data aside already: what is there is kept, whole and apart.
std::string unused(const NodeFacts& facts, const std::string& path) {
  std::string candidate = path;
  for (int number = 2;; ++number) {
    const bool used = std::any_of(facts.set_asides().begin(), facts.set_asides().end(),
                                  [&](const SetAside& there) { return there.path() == candidate; });
    if (!used) return candidate;
    candidate = path + "-" + std::to_string(number);
  }
}

}  // namespace

absl::Status write_out(const SetAsideData& given, StepContext& context, Step& step) {
  SetAsideData& action = *step.mutable_set_aside_data();
  const std::string node = given.node();
  action.set_data_directory(facts_of(context, node).data_directory().path());
  action.set_set_aside(unused(facts_of(context, node), action.data_directory() + "/.quorate-" + context.run_id));
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
