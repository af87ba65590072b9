// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/single_run.h"

#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/confirmation.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/plan_run.h"
#include "engine/live_world.h"
#include "engine/settle.h"
#include "plans/plan_text.h"

namespace quorate::cli {

int run_alone(const Options& options, const StopRequest& stop, const Spec& spec, const SingleRun& run) {
  LiveWorld world(spec);
  PlanRun plan_run(spec, world, stop);
  Approved approved;
  approved.observation = observe_settled(spec, world);
  if (const RunRecord* unfinished = unfinished_run(approved.observation)) {
    complain("run " + unfinished->run_id() + " of " + unfinished->owner() +
             " is unfinished. First: quorate resume, or quorate abandon");
    return ExitCode::refused;
  }
  approved.request = run.request(approved.observation);
  approved.plan = make_plan(spec, approved.observation, approved.request);
  // What was chosen for this plan is chosen: another look must come to the same steps.
  approved.request.database_bytes = approved.plan.database_bytes();
  approved.request.intents.assign(approved.plan.intents().begin(), approved.plan.intents().end());
  std::cerr << plan_text(approved.plan, output_style(), Preview::of_apply);
  if (approved.plan.steps().empty()) return ExitCode::refused;
  if (!is_confirmed(options, approved.plan, false)) return ExitCode::error;
  switch (plan_run.carry_out(approved)) {
    case RunEnd::done:
    case RunEnd::not_everything: run.done(approved.observation, approved.plan); return ExitCode::ok;
    case RunEnd::interrupted:
    case RunEnd::stopped: return ExitCode::stopped;
    case RunEnd::cluster_changed: complain("the cluster has changed meanwhile: ask again"); return ExitCode::error;
    case RunEnd::not_begun:
    case RunEnd::put_back: break;
  }
  return ExitCode::error;
}

}  // namespace quorate::cli
