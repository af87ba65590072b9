// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/live_world.h"

namespace quorate::cli {

int unlock(const Options& options) {
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  LiveWorld world(*spec);
  const Observation observation = world.observe();
  int broken = 0;
  for (const NodeObservation& seen : observation.nodes()) {
    const std::shared_ptr<node::Node> node = world.node(seen.name());
    if (node == nullptr || seen.facts().run().run_id() != options.arguments[0]) continue;
    const Outcome outcome = node->expire_lease(options.arguments[0], std::chrono::steady_clock::now() + std::chrono::seconds(10));
    if (outcome.is_done()) {
      ++broken;
    } else {
      complain(seen.name() + ": " + outcome.detail);
    }
  }
  if (broken == 0) {
    complain("no node that answers has a lease of run " + options.arguments[0]);
    return ExitCode::error;
  }
  std::cout << "The lease of run " << options.arguments[0] << " is broken on " << broken
            << " nodes; the run itself is unfinished.\n"
            << "Go on with it: quorate resume. Undo it: quorate abandon.\n";
  return ExitCode::ok;
}

}  // namespace quorate::cli
