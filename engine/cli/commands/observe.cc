// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "schemas/json.h"

namespace quorate::cli {

int observe(const Options& options) {
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  const std::optional<Observation> observation = obtain_observation(options, *spec);
  if (!observation) return ExitCode::error;
  warn_of_environment(*observation);
  const std::string text = to_json(*observation, JsonForm::pretty);
  if (options.out_file.empty()) {
    std::cout << text;
    return ExitCode::ok;
  }
  const absl::Status written = write_file(options.out_file, text);
  if (written.ok()) return ExitCode::ok;
  complain(message_of(written));
  return ExitCode::error;
}

}  // namespace quorate::cli
