// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "plans/assess.h"
#include "plans/plan.h"
#include "plans/status_text.h"
#include "schemas/document.h"
#include "schemas/json.h"

namespace quorate::cli {
namespace {

StatusReport report_of(const Observation& observation, const Assessment& assessment) {
  StatusReport report;
  report.set_api_version(document_version);
  report.set_kind("Status");
  *report.mutable_observation() = observation;
  report.mutable_findings()->Add(assessment.findings.begin(), assessment.findings.end());
  report.mutable_refusals()->Add(assessment.refusals.begin(), assessment.refusals.end());
  report.mutable_drift()->Add(assessment.drift.begin(), assessment.drift.end());
  return report;
}

}  // namespace

int status(const Options& options) {
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  const std::optional<Observation> observation = obtain_observation(options, *spec);
  if (observation && options.output == Output::json) warn_of_environment(*observation);
  if (!observation) return ExitCode::error;
  const StatusReport report = report_of(*observation, assess(*spec, *observation, {}));
  if (options.output == Output::json) {
    std::cout << to_json(report, JsonForm::pretty);
  } else {
    std::cout << status_text(*spec, *observation, output_style());
  }
  const bool quiet =
      report.findings().empty() && report.refusals().empty() && report.drift().empty() && unfinished_run(*observation) == nullptr;
  return options.detailed_exit_code && !quiet ? ExitCode::pending : ExitCode::ok;
}

}  // namespace quorate::cli
