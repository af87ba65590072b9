// SPDX-License-Identifier: Apache-2.0
#include "plans/plan.h"

#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/restore_source.h"
#include "engine/cli/runbook.h"
#include "engine/cli/workstation_tools.h"
#include "engine/live_world.h"
#include "plans/plan_markdown.h"
#include "plans/plan_text.h"
#include "schemas/json.h"

namespace quorate::cli {
namespace {

int exit_code_of(const Plan& plan, bool detailed) {
  if (plan.steps().empty() && !plan.refusals().empty()) return ExitCode::refused;
  const bool pending = !plan.steps().empty() || !plan.findings().empty() || !plan.drift().empty();
  return detailed && pending ? ExitCode::pending : ExitCode::ok;
}

}  // namespace

int plan(const Options& options) {
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  std::vector<Intent> intents = options.intents;
  LiveWorld world(*spec);
  if (const absl::Status brought = RestoreSource::bring(*spec, options.observation_file.empty() ? &world : nullptr, intents);
      !brought.ok()) {
    complain(message_of(brought));
    return ExitCode::error;
  }
  const std::optional<Observation> observation = obtain_observation(options, *spec);
  if (!observation) return ExitCode::error;
  warn_of_environment(*observation);
  RestoreSource::name_recovery(*spec, observation->taken_at_seconds(), intents);
  const Plan made = make_plan(*spec, *observation,
                              {.intents = intents,
                               .no_snapshot = options.no_snapshot,
                               .tools = workstation_tools(*spec, intents),
                               .snapshot = RestoreSource().find(intents)});
  const std::string json = to_json(made, JsonForm::pretty);
  switch (options.output) {
    case Output::text: std::cout << plan_text(made, output_style()); break;
    case Output::json: std::cout << json; break;
    case Output::markdown: std::cout << plan_markdown(made); break;
    case Output::runbook: std::cout << runbook_text(*spec, made, *observation); break;
  }
  if (!options.out_file.empty()) {
    const absl::Status written = write_file(options.out_file, json);
    if (!written.ok()) {
      complain(message_of(written));
      return ExitCode::error;
    }
    std::cerr << "Saved as " << options.out_file << ": quorate apply " << options.out_file << "\n";
  }
  return exit_code_of(made, options.detailed_exit_code);
}

}  // namespace quorate::cli
