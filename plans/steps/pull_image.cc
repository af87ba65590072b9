// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// Some hundred megabytes, over a slow line.
constexpr std::uint32_t pull_seconds = 600;

}  // namespace

absl::Status write_out(const PullImage& action, StepContext& context, Step& step) {
  step.set_title("pull " + action.image() + " on " + action.node());
  RunCommand& command = *step.add_operations()->mutable_run_command();
  command.set_node(action.node());
  // As the kubelet asks for it, with its registries and mirrors; ctr knows none of these.
  const bool by_crictl = find_tool(facts_of(context, action.node()), "crictl") != nullptr;
  const std::vector<std::string> words =
      by_crictl ? std::vector<std::string>{"crictl", "pull"} : std::vector<std::string>{"ctr", "-n", "k8s.io", "images", "pull"};
  for (const std::string& word : words) command.add_arguments(word);
  command.add_arguments(action.image());
  command.set_limit_seconds(pull_seconds);
  Fact::ImagePresent& present = *step.add_checks()->mutable_image_present();
  present.set_node(action.node());
  present.set_image(action.image());
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
