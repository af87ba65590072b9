// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/next_steps.h"

#include <chrono>

#include "engine/cli/by_hand.h"
namespace quorate::cli {

std::string ways_out() {
  return "To go on, from any workstation:   quorate resume\n"
         "To undo what is half-way:         quorate abandon\n";
}

std::string next_steps_text(const Spec& spec, const Plan& plan, const Observation& observation, const std::string& stopped_at) {
  const ByHand by_hand(spec, plan, observation);
  std::string text = "Run " + plan.run_id() + " on cluster " + plan.cluster() + " stopped at step " + stopped_at +
                     ". What was done stays done; data set aside is kept.\n\n" + ways_out() + "\nBy hand, what is left, " +
                     ByHand::how();
  bool left = false;
  for (const Step& step : plan.steps()) {
    left = left || step.id() == stopped_at;
    if (!left) continue;
    text += by_hand.commands(step);
  }
  return text;
}

void leave_next_steps(World& world, const Spec& spec, const std::string& run_id, const std::string& text) {
  PutFile file;
  file.set_path("/var/lib/quorate/NEXT.txt");
  file.set_content(text);
  file.set_owner("0:0");
  file.set_mode("600");
  for (const MemberSpec& member : spec.spec().members()) {
    const std::shared_ptr<node::Node> node = world.node(member.name());
    if (node == nullptr) continue;
    static_cast<void>(node->put_file({run_id}, file, std::chrono::steady_clock::now() + std::chrono::seconds(5)));
  }
}

}  // namespace quorate::cli
