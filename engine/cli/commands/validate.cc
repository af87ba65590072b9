// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"

namespace quorate::cli {

int validate(const Options& options) {
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  std::cout << options.spec_file << " is valid: cluster " << spec->metadata().name() << ", " << spec->spec().members_size()
            << " members\n";
  return ExitCode::ok;
}

}  // namespace quorate::cli
