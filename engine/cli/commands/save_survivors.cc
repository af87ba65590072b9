// SPDX-License-Identifier: Apache-2.0
// `snapshot save --survivors`: without a quorum, what each etcd that serves still has, before any of them is ended.
#include <filesystem>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/single_run.h"
#include "engine/save_snapshot.h"
#include "plans/survivors.h"

namespace quorate::cli {
namespace {

// The folder is the spec's for backups, as for any other snapshot; the names say whose they are.
std::string prefix_of(const Options& options, const Spec& spec, const Observation& observation) {
  const std::string& backups = spec.spec().backup().directory();
  const std::filesystem::path folder = !options.out_file.empty() ? options.out_file : backups.empty() ? "." : backups;
  const std::string name = snapshot_name(spec.metadata().name(), "survivors", observation.taken_at_seconds());
  const std::string without_ending = name.substr(0, name.rfind('.'));
  return (std::filesystem::absolute(folder) / (without_ending + "-")).lexically_normal().string();
}

void say_what_is_saved(const Observation& observation, const Plan& plan) {
  for (const std::string& line : survivors(observation)) std::cerr << line << "\n";
  for (const Step& step : plan.steps()) std::cout << step.save_snapshot().path() << "\n";
}

}  // namespace

int save_survivors(const Options& options, const StopRequest& stop) {
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  const auto request = [&](const Observation& observation) {
    return Request{.survivors_prefix = prefix_of(options, *spec, observation)};
  };
  return run_alone(options, stop, *spec, {request, say_what_is_saved});
}

}  // namespace quorate::cli
