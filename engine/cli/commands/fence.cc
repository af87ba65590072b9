// SPDX-License-Identifier: Apache-2.0
// `fence`: hosts that are back with a cluster that was given up are stopped, once or as they appear, and nothing else is done.
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

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
  int wait();
  [[nodiscard]] int end() const;
  [[nodiscard]] std::string silent_nodes() const;
  [[nodiscard]] std::string left_running() const;

  const Options& options_;
  const StopRequest& stop_;
  Spec spec_;
  LiveWorld world_;
  PlanRun run_;
  Approved approved_;
  std::string said_;
};

constexpr int look_again = -1;

int Fencing::stop_them() {
  std::cout << plan_text(approved_.plan, output_style(), Preview::of_apply) << std::flush;
  if (!is_confirmed(options_, approved_.plan, false)) return ExitCode::error;
  switch (run_.carry_out(approved_)) {
    case RunEnd::done:
    case RunEnd::not_everything:
    case RunEnd::cluster_changed: return look_again;
    case RunEnd::interrupted:
    case RunEnd::stopped: return ExitCode::stopped;
    case RunEnd::not_begun:
    case RunEnd::put_back: break;
  }
  return ExitCode::error;
}

std::string Fencing::silent_nodes() const {
  std::vector<std::string> silent;
  for (const NodeObservation& node : approved_.observation.nodes()) {
    if (!node.has_facts()) silent.push_back(node.name());
  }
  return join(silent, ", ");
}

// Hosts that are back and that quorate cannot stop.
std::string Fencing::left_running() const {
  std::string text;
  for (const Finding& finding : approved_.plan.findings()) {
    if (finding.kind() == name_of(FindingKind::given_up_cluster)) text += finding_text(finding, output_style());
  }
  return text;
}

// What is awaited, and what a person must see to meanwhile, is said each time that it is something else.
int Fencing::wait() {
  if (stop_.stop_requested()) {
    complain("not waited for: " + silent_nodes());
    return ExitCode::error;
  }
  const std::string text = left_running() + "Waiting for " + silent_nodes() + ".\n";
  if (text != said_) std::cout << text << std::flush;
  said_ = text;
  std::this_thread::sleep_for(between_looks);
  return look_again;
}

int Fencing::end() const {
  const std::string left = left_running();
  std::cout << (left.empty() ? "No node that answers runs or holds a cluster that was given up.\n" : left);
  return left.empty() ? ExitCode::ok : ExitCode::refused;
}

int Fencing::look() {
  approved_ = {.request = {.fence_only = true}, .observation = world_.observe(), .unfinished = {}, .plan = {}};
  if (const RunRecord* run = unfinished_run(approved_.observation)) {
    complain("run " + run->run_id() + " of " + run->owner() + " is unfinished. First: quorate resume, or quorate abandon");
    return ExitCode::refused;
  }
  approved_.plan = make_plan(spec_, approved_.observation, approved_.request);
  if (!approved_.plan.steps().empty()) return stop_them();
  if (has_finding(approved_.plan.refusals(), FindingKind::plan_unproven)) {
    std::cout << plan_text(approved_.plan, output_style());
    return ExitCode::refused;
  }
  return options_.wait && !silent_nodes().empty() ? wait() : end();
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
