// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/confirmation.h"

#include <algorithm>
#include <iostream>
#include <string>

#include <unistd.h>

#include "engine/cli/commands.h"

namespace quorate::cli {

bool is_confirmed(const Options& options, const Plan& plan, bool saved) {
  const bool loses =
      std::any_of(plan.steps().begin(), plan.steps().end(), [](const Step& step) { return step.effect().may_lose_data(); });
  if (loses && options.confirm != plan.cluster() && (options.auto_approve || saved)) {
    complain("this plan can lose data: --confirm " + plan.cluster());
    return false;
  }
  if (saved || options.auto_approve) return true;
  if (::isatty(STDIN_FILENO) == 0) {
    complain("there is no terminal to ask on: review the plan, then --auto-approve, or save it and apply that");
    return false;
  }
  std::cout << "\nDo this? Only " << (loses ? "the cluster's name" : "yes") << " goes on: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == (loses ? plan.cluster() : "yes")) return true;
  std::cout << "Nothing has been changed.\n";
  return false;
}

}  // namespace quorate::cli
