// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/options.h"
#include "engine/cli/signals.h"

namespace quorate::cli {
namespace {

int run(const Options& options, const StopRequest& stop) {
  if (options.verb == "validate") return validate(options);
  if (options.verb == "import") return import_spec(options);
  if (options.verb == "observe") return observe(options);
  if (options.verb == "status") return status(options);
  if (options.verb == "plan") return plan(options);
  if (options.verb == "show") return show(options);
  if (options.verb == "unlock") return unlock(options);
  if (options.verb == "fence") return fence(options, stop);
  if (options.verb == "snapshot") return snapshot(options, stop);
  return apply(options, stop);
}

int start(int count, const char* const* arguments) {
  const absl::StatusOr<Options> options = read_options(count, arguments);
  if (!options.ok()) {
    complain(message_of(options.status()));
    return ExitCode::error;
  }
  if (options->help) {
    std::cout << help_text();
    return ExitCode::ok;
  }
  if (options->version) {
    std::cout << "quorate " QUORATE_VERSION "\n";
    return ExitCode::ok;
  }
  const SignalStop stop;
  return run(*options, stop);
}

}  // namespace
}  // namespace quorate::cli

int main(int count, char** arguments) {
  try {
    return quorate::cli::start(count, arguments);
  } catch (const std::exception& exception) {
    quorate::cli::complain(std::string("a bug: ") + exception.what());
    return quorate::cli::ExitCode::error;
  }
}
