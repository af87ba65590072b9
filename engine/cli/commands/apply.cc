// SPDX-License-Identifier: Apache-2.0
// `apply`, and with the unfinished run's own plan `resume` and `abandon`: what is asked before anything is run.
#include <algorithm>
#include <iostream>
#include <optional>

#include "engine/cli/commands.h"
#include "engine/cli/confirmation.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/plan_run.h"
#include "engine/cli/restore_source.h"
#include "engine/cli/saved_plan.h"
#include "engine/cli/workstation_tools.h"
#include "engine/live_world.h"
#include "engine/settle.h"
#include "plans/intents.h"
#include "plans/plan.h"
#include "plans/plan_text.h"

namespace quorate::cli {
namespace {

class Applying {
 public:
  Applying(const Options& options, const StopRequest& stop, Spec spec)
      : options_(options), spec_(std::move(spec)), world_(spec_), run_(spec_, world_, stop) {}

  int run();

 private:
  int check_request();
  int check_unfinished();
  int check_saved();
  int finish_empty();
  int attempt();
  [[nodiscard]] Request request() const;
  [[nodiscard]] std::vector<Intent> intents_in_force() const;
  [[nodiscard]] int exit_code(RunEnd end) const;

  const Options& options_;
  Spec spec_;
  LiveWorld world_;
  PlanRun run_;
  RestoreSource snapshots_;
  std::vector<Intent> intents_;  // the person's, with a snapshot on a node brought here
  std::optional<Plan> saved_;
  Approved approved_;
  int attempts_left_ = 3;
};

constexpr int go_on = -1;
constexpr int plan_anew = -2;

bool sees_a_majority(const Observation& observation) {
  const auto seen = std::count_if(observation.nodes().begin(), observation.nodes().end(),
                                  [](const NodeObservation& node) { return node.has_facts(); });
  return seen * 2 > observation.nodes_size();
}

bool backs_up(const Plan& plan) {
  return std::any_of(plan.steps().begin(), plan.steps().end(), [](const Step& step) { return step.has_back_up(); });
}

int Applying::check_request() {
  if (options_.arguments.empty()) return go_on;
  if (!options_.intents.empty()) {
    complain("a saved plan has its own intents: give one or the other");
    return ExitCode::error;
  }
  absl::StatusOr<Plan> saved = read_plan(options_.arguments[0]);
  if (!saved.ok()) {
    complain(message_of(saved.status()));
    return ExitCode::error;
  }
  if (saved->cluster() != spec_.metadata().name()) {
    complain("the plan is for cluster " + saved->cluster() + ", and the spec is of " + spec_.metadata().name());
    return ExitCode::refused;
  }
  if (options_.no_snapshot && backs_up(*saved)) {
    complain(
        "a snapshot is saved first by this plan. For one without: quorate plan --no-snapshot --out FILE, or where it was "
        "begun: quorate resume --no-snapshot");
    return ExitCode::error;
  }
  saved_ = *std::move(saved);
  return go_on;
}

// An unfinished run outranks everything: other intents than its own must wait.
int Applying::check_unfinished() {
  if (!approved_.unfinished) {
    if (options_.verb == "apply") return go_on;
    run_.take_ended_records_away(approved_.observation);
    if (!sees_a_majority(approved_.observation)) {
      complain("too few nodes could be looked at to say whether a run is unfinished: see quorate status");
      return ExitCode::error;
    }
    std::cout << "No run is unfinished.\n";
    return ExitCode::ok;
  }
  const RunRecord& unfinished = *approved_.unfinished;
  const auto asked = saved_ ? std::vector<Intent>(saved_->intents().begin(), saved_->intents().end()) : intents_;
  for (const Intent& intent : asked) {
    const bool own = std::any_of(unfinished.intents().begin(), unfinished.intents().end(),
                                 [&](const Intent& other) { return text_of(other) == text_of(intent); });
    if (own) continue;
    complain("run " + unfinished.run_id() + " of " + unfinished.owner() + " is unfinished and did not ask for " + text_of(intent) +
             ". First: quorate resume, or quorate abandon");
    return ExitCode::refused;
  }
  return go_on;
}

int Applying::check_saved() {
  if (!saved_) return go_on;
  Plan& plan = approved_.plan;
  if (is_as_saved(*saved_, plan)) {
    plan = *saved_;
    return go_on;
  }
  if (approved_.unfinished && approved_.unfinished->plan_id() == saved_->id()) {
    std::cout << "This plan was begun; what is left of it is done now.\n\n";
    return go_on;
  }
  complain("the plan is stale: " + changes_since(*saved_, plan) + "What would be done now:\n");
  std::cerr << plan_text(plan, Style::plain);
  return ExitCode::refused;
}

int Applying::finish_empty() {
  if (!approved_.plan.steps().empty()) return go_on;
  if (approved_.unfinished && approved_.plan.refusals().empty()) {
    if (ends_as_it_stands(approved_.plan) && !is_confirmed(options_, approved_.plan, saved_.has_value())) return ExitCode::error;
    return run_.end_unfinished(approved_) ? ExitCode::ok : ExitCode::error;
  }
  run_.take_ended_records_away(approved_.observation);
  return is_all_well(spec_, approved_.plan, approved_.observation) ? ExitCode::ok : ExitCode::refused;
}

std::vector<Intent> Applying::intents_in_force() const {
  std::vector<Intent> intents = approved_.request.intents;
  if (approved_.unfinished)
    intents.insert(intents.begin(), approved_.unfinished->intents().begin(), approved_.unfinished->intents().end());
  return intents;
}

Request Applying::request() const {
  Request request;
  request.intents = saved_ ? std::vector<Intent>(saved_->intents().begin(), saved_->intents().end()) : intents_;
  if (saved_) request.database_bytes = saved_->database_bytes();
  request.abandon = options_.verb == "abandon";
  request.no_snapshot = options_.no_snapshot || (saved_ && !backs_up(*saved_));
  return request;
}

int Applying::exit_code(RunEnd end) const {
  switch (end) {
    case RunEnd::done: return ExitCode::ok;
    case RunEnd::not_everything: return ExitCode::refused;
    case RunEnd::not_begun: return ExitCode::error;
    case RunEnd::put_back: return ExitCode::error;
    case RunEnd::interrupted:
    case RunEnd::stopped: return ExitCode::stopped;
    case RunEnd::cluster_changed: break;
  }
  if (options_.auto_approve && !saved_ && attempts_left_ > 0) return plan_anew;
  complain("the cluster has changed since this plan was made, and other steps would be right now; nothing was done: quorate plan");
  return ExitCode::refused;
}

int Applying::attempt() {
  approved_ = {.request = request(), .observation = observe_at_rest(spec_, world_, say_waiting), .unfinished = {}, .plan = {}};
  if (const RunRecord* run = unfinished_run(approved_.observation)) approved_.unfinished = *run;
  if (const int code = check_unfinished(); code != go_on) return code;
  RestoreSource::name_recovery(spec_, approved_.observation.taken_at_seconds(), approved_.request.intents);
  approved_.request.snapshot = snapshots_.find(intents_in_force());
  approved_.request.tools = workstation_tools(spec_, approved_.request.intents);
  approved_.plan = make_plan(spec_, approved_.observation, approved_.request);
  // What was chosen for this plan is chosen: another look must come to the same steps.
  approved_.request.database_bytes = approved_.plan.database_bytes();
  if (!approved_.request.abandon)
    approved_.request.intents.assign(approved_.plan.intents().begin(), approved_.plan.intents().end());
  if (const int code = check_saved(); code != go_on) return code;
  std::cout << plan_text(approved_.plan, output_style(), Preview::of_apply);
  if (const int code = finish_empty(); code != go_on) return code;
  if (!is_confirmed(options_, approved_.plan, saved_.has_value())) return ExitCode::error;
  return exit_code(run_.carry_out(approved_));
}

int Applying::run() {
  if (const int code = check_request(); code != go_on) return code;
  intents_ = options_.intents;
  if (const absl::Status brought = RestoreSource::bring(spec_, &world_, intents_); !brought.ok()) {
    complain(message_of(brought));
    return ExitCode::error;
  }
  int code = attempt();
  while (code == plan_anew) {
    --attempts_left_;
    std::cout << "The cluster has changed meanwhile, so the plan is made anew.\n\n";
    code = attempt();
  }
  return code;
}

}  // namespace

int apply(const Options& options, const StopRequest& stop) {
  std::optional<Spec> spec = load_spec(options);
  if (!spec) return ExitCode::error;
  return Applying(options, stop, *std::move(spec)).run();
}

}  // namespace quorate::cli
