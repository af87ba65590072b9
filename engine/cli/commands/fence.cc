// SPDX-License-Identifier: Apache-2.0
// `fence`: hosts that are back with a cluster that was given up are stopped, once or as they appear, and nothing else is done.
#include <chrono>
#include <iostream>
#include <set>
#include <thread>

#include "engine/cli/commands.h"
#include "engine/cli/confirmation.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/plan_run.h"
#include "engine/live_world.h"
#include "plans/finding.h"
#include "plans/lookup.h"
#include "plans/plan.h"
#include "plans/plan_text.h"

namespace quorate::cli {
namespace {

constexpr std::chrono::seconds between_looks(2);

class Fencing {
 public:
  Fencing(const Options& options, const StopRequest& stop, Spec spec)
      : options_(options), stop_(stop), spec_(std::move(spec)), world_(spec_), run_(spec_, world_, stop) {}

  int run();

 private:
  int look();
  int stop_them();
  bool waits_for_others();

  const Options& options_;
  const StopRequest& stop_;
  Spec spec_;
  LiveWorld world_;
  PlanRun run_;
  Approved approved_;
  std::set<std::string> awaited_;
};

constexpr int look_again = -1;

int Fencing::stop_them() {
  std::cout << plan_text(approved_.plan, output_style(), Preview::of_apply) << std::flush;
  if (!is_confirmed(options_, approved_.plan, false)) return ExitCode::error;
  switch (run_.carry_out(approved_)) {
    case RunEnd::done:
    case RunEnd::not_everything:
    case RunEnd::cluster_changed: return look_again;
    case RunEnd::stopped: return ExitCode::stopped;
    case RunEnd::not_begun:
    case RunEnd::put_back: break;
  }
  return ExitCode::error;
}

// Each time that others are out of reach than before, it says which.
bool Fencing::waits_for_others() {
  std::set<std::string> silent;
  for (const NodeObservation& node : approved_.observation.nodes()) {
    if (!node.has_facts()) silent.insert(node.name());
  }
  if (silent.empty()) return false;
  if (silent != awaited_) std::cout << "Waiting for " << join({silent.begin(), silent.end()}, ", ") << ".\n" << std::flush;
  awaited_ = silent;
  return true;
}

int Fencing::look() {
  approved_ = {.request = {.fence_only = true}, .observation = world_.observe(), .unfinished = {}, .plan = {}};
  if (const RunRecord* run = unfinished_run(approved_.observation)) {
    complain("run " + run->run_id() + " of " + run->owner() + " is unfinished. First: quorate resume, or quorate abandon");
    return ExitCode::refused;
  }
  approved_.plan = make_plan(spec_, approved_.observation, approved_.request);
  if (!approved_.plan.steps().empty()) return stop_them();
  if (options_.wait && waits_for_others()) {
    if (!stop_.stop_requested()) {
      std::this_thread::sleep_for(between_looks);
      return look_again;
    }
    complain("not waited for: " + join({awaited_.begin(), awaited_.end()}, ", "));
    return ExitCode::error;
  }
  bool left = false;
  for (const Finding& finding : approved_.plan.findings()) {
    if (finding.kind() != name_of(FindingKind::given_up_cluster)) continue;
    std::cout << finding_text(finding, output_style());
    left = true;
  }
  if (left) return ExitCode::refused;
  std::cout << "No node that answers runs or holds a cluster that was given up.\n";
  return ExitCode::ok;
}

int Fencing::run() {
  int code = look();
  while (code == look_again) code = look();
  return code;
}

}  // namespace

int fence(const Options& options, const StopRequest& stop) {
  std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  return Fencing(options, stop, *std::move(spec)).run();
}

}  // namespace quorate::cli
