// SPDX-License-Identifier: Apache-2.0
// `fence`: hosts that are back with a cluster that was given up are stopped, once or as they appear, and nothing else is done.
#include <algorithm>
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

using std::chrono::steady_clock;

constexpr std::chrono::seconds between_looks(2);
// sshd answers before the kubelet and the container runtime do.
constexpr std::chrono::minutes boot_limit(3);

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
  bool may_be_booting();
  [[nodiscard]] std::string awaited_nodes() const;
  [[nodiscard]] std::string left_running() const;

  const Options& options_;
  const StopRequest& stop_;
  Spec spec_;
  LiveWorld world_;
  PlanRun run_;
  Approved approved_;
  std::string said_;
  std::string left_;  // of the last look
  steady_clock::time_point left_since_;
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

// Those that do not answer, and those that quorate cannot stop yet.
std::string Fencing::awaited_nodes() const {
  std::vector<std::string> awaited;
  for (const NodeObservation& node : approved_.observation.nodes()) {
    const auto is_left = [&](const Finding& finding) {
      return finding.kind() == name_of(FindingKind::given_up_cluster) && finding.subject() == node.name();
    };
    const auto& findings = approved_.plan.findings();
    if (!node.has_facts() || std::any_of(findings.begin(), findings.end(), is_left)) awaited.push_back(node.name());
  }
  return join(awaited, ", ");
}

// Hosts that are back and that quorate cannot stop.
std::string Fencing::left_running() const {
  std::string text;
  for (const Finding& finding : approved_.plan.findings()) {
    if (finding.kind() == name_of(FindingKind::given_up_cluster)) text += finding_text(finding, output_style());
  }
  return text;
}

bool Fencing::may_be_booting() {
  const std::string left = left_running();
  if (left != left_) left_since_ = steady_clock::now();
  left_ = left;
  return !left.empty() && steady_clock::now() - left_since_ < boot_limit;
}

// What is awaited, and what a person must see to meanwhile, is said each time that it is something else.
int Fencing::wait() {
  if (stop_.stop_requested()) {
    complain("not waited for: " + awaited_nodes());
    return ExitCode::error;
  }
  const std::string text = left_running() + "Waiting for " + awaited_nodes() + ".\n";
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
  const auto& nodes = approved_.observation.nodes();
  const bool any_silent = std::any_of(nodes.begin(), nodes.end(), [](const NodeObservation& node) { return !node.has_facts(); });
  const bool boots = may_be_booting();
  return options_.wait && (any_silent || boots) ? wait() : end();
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
