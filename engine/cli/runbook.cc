// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/runbook.h"

#include "engine/cli/by_hand.h"
#include "plans/lookup.h"
#include "plans/plan_text.h"

namespace quorate::cli {
namespace {

// Every line of it is a comment, so that the whole can be pasted.
std::string commented(const std::string& text) {
  std::string result;
  for (const std::string& line : split(text, '\n')) result += line.empty() ? "#\n" : "# " + line + "\n";
  return result;
}

std::string findings(const std::string& title, const google::protobuf::RepeatedPtrField<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += "\n" + title + " " + finding_text(finding, Style::plain);
  return text;
}

}  // namespace

std::string runbook_text(const Spec& spec, const Plan& plan, const Observation& observation) {
  std::string head = "Plan " + plan.id() + " for cluster " + plan.cluster() + ". " +
                     closing_text(plan, Style::plain, Preview::of_plan) + findings("finding:", plan.findings()) +
                     findings("refused:", plan.refusals()) + findings("differs from the spec, and waits:", plan.drift());
  if (plan.steps().empty()) return commented(head);
  head +=
      "\nNo lease keeps another run away meanwhile, and nothing undoes a step that fails: stop where a check does not hold, and "
      "plan"
      "\nanew. By hand, " +
      ByHand::how();
  std::string text = commented(head);
  const ByHand by_hand(spec, plan, observation);
  for (const Step& step : plan.steps()) text += by_hand.commands(step);
  return text;
}

}  // namespace quorate::cli
