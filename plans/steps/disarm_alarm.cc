// SPDX-License-Identifier: Apache-2.0
#include "plans/alarms.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// By the manifest that is in force by then.
std::uint64_t quota_by_then(const StepContext& context, const std::string& node) {
  const auto started = context.started.find(node);
  if (started == context.started.end()) return quota_bytes(facts_of(context, node));
  const absl::StatusOr<StaticPod> pod = read_static_pod(started->second.content());
  return pod.ok() ? quota_bytes(*pod) : quota_bytes(facts_of(context, node));
}

}  // namespace

// Where the store is still full, the next write raises the alarm again: that is seen before, with what is too large.
absl::Status write_out(const DisarmAlarm& action, StepContext& context, Step& step) {
  step.set_title("take the alarm " + action.alarm() + " off");
  for (const std::string& node : action.nodes()) {
    Fact::StoreBelow& below = *step.add_guards()->mutable_store_below();
    below.set_node(node);
    below.set_bytes(quota_by_then(context, node));
  }
  if (action.alarm() == corrupt_alarm) step.add_guards()->mutable_stores_agree();
  step.add_operations()->mutable_disarm()->set_alarm(action.alarm());
  step.add_checks()->mutable_alarm_off()->set_alarm(action.alarm());
  step.set_check_seconds(15);
  context.alarms.erase(action.alarm());
  return absl::OkStatus();
}

}  // namespace quorate
