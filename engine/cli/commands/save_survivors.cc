// SPDX-License-Identifier: Apache-2.0
// `snapshot save --survivors`: without a quorum, what each etcd that serves still has, before any of them is ended.
#include <filesystem>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/confirmation.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/plan_run.h"
#include "engine/live_world.h"
#include "engine/save_snapshot.h"
#include "engine/settle.h"
#include "plans/plan.h"
#include "plans/plan_text.h"
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

void say_what_is_saved(const Approved& approved) {
  for (const std::string& line : survivors(approved.observation)) std::cerr << line << "\n";
  for (const Step& step : approved.plan.steps()) std::cout << step.save_snapshot().path() << "\n";
}

}  // namespace

int save_survivors(const Options& options, const StopRequest& stop) {
  const std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  LiveWorld world(*spec);
  PlanRun run(*spec, world, stop);
  Approved approved;
  approved.observation = observe_settled(*spec, world);
  if (const RunRecord* unfinished = unfinished_run(approved.observation)) {
    complain("run " + unfinished->run_id() + " of " + unfinished->owner() +
             " is unfinished. First: quorate resume, or quorate abandon");
    return ExitCode::refused;
  }
  approved.request.survivors_prefix = prefix_of(options, *spec, approved.observation);
  approved.plan = make_plan(*spec, approved.observation, approved.request);
  std::cerr << plan_text(approved.plan, output_style(), Preview::of_apply);
  if (approved.plan.steps().empty()) return ExitCode::refused;
  if (!is_confirmed(options, approved.plan, false)) return ExitCode::error;
  switch (run.carry_out(approved)) {
    case RunEnd::done:
    case RunEnd::not_everything: say_what_is_saved(approved); return ExitCode::ok;
    case RunEnd::stopped: return ExitCode::stopped;
    case RunEnd::cluster_changed: complain("the cluster has changed meanwhile: ask again"); return ExitCode::error;
    case RunEnd::not_begun:
    case RunEnd::put_back: break;
  }
  return ExitCode::error;
}

}  // namespace quorate::cli
