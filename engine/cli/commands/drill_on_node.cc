// SPDX-License-Identifier: Apache-2.0
// `snapshot drill FILE --node NODE`: whether it restores where it would have to, beside the node's data and with its own tools.
#include <filesystem>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/restore_source.h"
#include "engine/cli/single_run.h"
#include "engine/cli/workstation_tools.h"

namespace quorate::cli {

int drill_on_node(const Options& options, const std::string& path, const StopRequest& stop) {
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  Intent intent;
  intent.mutable_restore()->set_source(std::filesystem::absolute(path).lexically_normal().string());
  intent.mutable_restore()->set_drill_node(options.node);
  const std::vector<Intent> intents = {intent};
  const auto request = [&](const Observation&) {
    return Request{.intents = intents, .tools = workstation_tools(*spec, intents), .snapshot = RestoreSource().find(intents)};
  };
  const auto done = [&](const Observation&, const Plan& plan) {
    const Intent::Restore& restore = plan.intents(0).restore();
    std::cout << path << ": good\n  restored on " << options.node << ", etcd served " << restore.keys() << " keys at revision "
              << restore.revision() << (restore.has_hash() ? ", with the hash that its descriptor says" : "") << "\n";
  };
  return run_alone(options, stop, *spec, {request, done});
}

}  // namespace quorate::cli
