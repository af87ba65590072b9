// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/saved_plan.h"
#include "plans/plan_markdown.h"
#include "plans/plan_text.h"
#include "schemas/json.h"

namespace quorate::cli {

int show(const Options& options) {
  const absl::StatusOr<Plan> saved = read_plan(options.arguments[0]);
  if (!saved.ok()) {
    complain(message_of(saved.status()));
    return ExitCode::error;
  }
  switch (options.output) {
    case Output::json: std::cout << to_json(*saved, JsonForm::pretty); break;
    case Output::markdown: std::cout << plan_markdown(*saved); break;
    // A runbook is of `plan` alone (options.cc).
    case Output::runbook:
    case Output::text: std::cout << plan_text(*saved, output_style()); break;
  }
  return ExitCode::ok;
}

}  // namespace quorate::cli
