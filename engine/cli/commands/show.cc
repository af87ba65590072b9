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
  std::cout << (options.output == Output::json       ? to_json(*saved, JsonForm::pretty)
                : options.output == Output::markdown ? plan_markdown(*saved)
                                                     : plan_text(*saved, output_style()));
  return ExitCode::ok;
}

}  // namespace quorate::cli
