// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>

#include <unistd.h>

#include "engine/cli/commands.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/next_steps.h"
#include "engine/cli/saved_plan.h"
#include "engine/cli/signals.h"
#include "engine/cli/terminal_progress.h"
#include "engine/journal.h"
#include "engine/lease.h"
#include "engine/live_world.h"
#include "engine/owner.h"
#include "plans/facts.h"
#include "plans/finding.h"
#include "plans/intents.h"
#include "plans/operation_text.h"
#include "plans/plan.h"
#include "plans/plan_text.h"
#include "schemas/json.h"

namespace quorate::cli {
namespace {

class Applying {
 public:
  Applying(const Options& options, const StopRequest& stop, Spec spec)
      : options_(options), stop_(stop), spec_(std::move(spec)), world_(spec_) {}

  int run();

 private:
  int check_request();
  [[nodiscard]] bool is_as_saved() const;
  int check_saved();
  int check_unfinished();
  int finish_empty();
  int confirm() const;
  int attempt();
  Plan plan_now();
  int look_again(RunLease& lease);
  int look_for_other_runs();
  int execute_plan();
  Request request() const;
  int unsuccessful(const RunResult& result, RunLease& lease, const Journal& journal);
  RunRecord record() const;
  std::vector<std::string> member_names() const;
  std::string run_to_take_over() const;

  const Options& options_;
  const StopRequest& stop_;
  Spec spec_;
  LiveWorld world_;
  Observation observation_;
  std::optional<Plan> saved_;
  std::optional<RunRecord> unfinished_;
  Plan plan_;
  const std::string suffix_ = lease_suffix();  // this process's: it never shuts itself out
  int attempts_left_ = 3;
};

constexpr int go_on = -1;
constexpr int plan_anew = -2;
constexpr int lease_seconds = 60;

bool sees_a_majority(const Observation& observation) {
  const auto seen = std::count_if(observation.nodes().begin(), observation.nodes().end(),
                                  [](const NodeObservation& node) { return node.has_facts(); });
  return seen * 2 > observation.nodes_size();
}

// Nothing is planned for what was refused, nor for a node that is out of reach: no "nothing to do", and no "done", to whoever asked
// for the spec to be carried out.
bool leaves_something(const Plan& plan) {
  return !plan.refusals().empty() || std::any_of(plan.findings().begin(), plan.findings().end(), [](const Finding& finding) {
    return finding.kind() == name_of(FindingKind::unreachable) || finding.kind() == name_of(FindingKind::access_barred);
  });
}

// A voter that runs and never answers, or holds what nobody can read: no "nothing to do" while one is down.
bool every_voter_serves(const Spec& spec, const Observation& observation) {
  Fact fact;
  fact.mutable_all_voters_serve();
  return FactReader(spec, observation).read(fact).holds == Holds::yes;
}

std::set<std::string> changed_nodes(const Plan& plan) {
  std::set<std::string> nodes;
  for (const Step& step : plan.steps()) {
    for (const Operation& operation : step.operations()) nodes.insert(node_of(operation));
  }
  return nodes;
}

void add_approved(const Plan& plan, RunRecord& record) {
  for (const Step& step : plan.steps()) {
    if (step.has_add_learner()) record.add_joins(step.add_learner().node());
    if (step.has_remove_member()) record.add_removes(step.remove_member().member_id());
  }
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
  saved_ = *std::move(saved);
  return go_on;
}

// An unfinished run outranks everything: other intents than its own must wait.
int Applying::check_unfinished() {
  if (!unfinished_) {
    if (options_.verb == "apply") return go_on;
    if (!sees_a_majority(observation_)) {
      complain("too few nodes could be looked at to say whether a run is unfinished: see quorate status");
      return ExitCode::error;
    }
    std::cout << "No run is unfinished.\n";
    return ExitCode::ok;
  }
  for (const Intent& intent : options_.intents) {
    const bool own = std::any_of(unfinished_->intents().begin(), unfinished_->intents().end(),
                                 [&](const Intent& other) { return text_of(other) == text_of(intent); });
    if (own) continue;
    complain("run " + unfinished_->run_id() + " of " + unfinished_->owner() + " is unfinished and did not ask for " +
             text_of(intent) + ". First: quorate resume, or quorate abandon");
    return ExitCode::refused;
  }
  return go_on;
}

// What the run will do, but for its own ID, which comes of every fact.
std::string steps_of(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps()) text += to_json(step, JsonForm::line) + "\n";
  for (std::size_t at = text.find(plan.run_id()); at != std::string::npos; at = text.find(plan.run_id())) {
    text.replace(at, plan.run_id().size(), "RUN");
  }
  return text;
}

// The same steps for the same reasons, though a log line has another time by now.
bool Applying::is_as_saved() const {
  return saved_->spec_digest() == plan_.spec_digest() && saved_->facts_digest() == plan_.facts_digest() &&
         saved_->run_id() == plan_.run_id() && steps_of(*saved_) == steps_of(plan_);
}

int Applying::check_saved() {
  if (!saved_) return go_on;
  if (is_as_saved()) {
    plan_ = *saved_;
    return go_on;
  }
  if (unfinished_ && unfinished_->plan_id() == saved_->id()) {
    std::cout << "This plan was begun; what is left of it is done now.\n\n";
    return go_on;
  }
  const bool spec_changed = saved_->spec_digest() != plan_.spec_digest();
  complain(std::string("the plan is stale: ") + (spec_changed ? "the spec has changed" : "the cluster has changed") +
           " since it was made. What would be done now:\n");
  std::cerr << plan_text(plan_, Style::plain);
  return ExitCode::refused;
}

std::string Applying::run_to_take_over() const {
  if (!unfinished_) return "";
  // This machine knows that its own process has died; another waits until the lease has expired.
  return owner_has_died(unfinished_->owner_machine()) ? unfinished_->run_id() : "";
}

std::vector<std::string> Applying::member_names() const {
  std::vector<std::string> names;
  for (const MemberSpec& member : spec_.spec().members()) names.push_back(member.name());
  return names;
}

RunRecord Applying::record() const {
  RunRecord record;
  record.set_run_id(plan_.run_id() + "-" + suffix_);
  record.set_plan_id(unfinished_ ? unfinished_->plan_id() : plan_.id());
  record.set_cluster(plan_.cluster());
  record.set_owner(owner_name());
  record.set_owner_machine(owner_machine());
  *record.mutable_intents() = plan_.intents();
  record.set_set_aside_name(".quorate-" + plan_.run_id());
  record.set_abandoning(plan_.abandoning());
  if (unfinished_) *record.mutable_joins() = unfinished_->joins();
  if (unfinished_) *record.mutable_removes() = unfinished_->removes();
  if (!unfinished_) add_approved(plan_, record);
  return record;
}

void say_taken_over(const RunLease& lease) {
  if (!lease.taken_over().empty()) std::cout << "Took over the lease of " << lease.taken_over() << ".\n" << std::flush;
}

int Applying::finish_empty() {
  if (!plan_.steps().empty()) return go_on;
  if (!unfinished_ || !plan_.refusals().empty()) {
    const bool well = !leaves_something(plan_) && every_voter_serves(spec_, observation_);
    return well ? ExitCode::ok : ExitCode::refused;
  }
  RunLease lease(world_, member_names(), record());
  const absl::Status taken = lease.take(run_to_take_over(), {});
  if (!taken.ok()) {
    complain(message_of(taken));
    return ExitCode::error;
  }
  say_taken_over(lease);
  lease.release();
  std::cout << "Run " << plan_.run_id() << " had nothing left to do, and is ended.\n";
  return ExitCode::ok;
}

int Applying::confirm() const {
  const bool loses =
      std::any_of(plan_.steps().begin(), plan_.steps().end(), [](const Step& step) { return step.effect().may_lose_data(); });
  if (loses && options_.confirm != plan_.cluster() && (options_.auto_approve || saved_)) {
    complain("this plan can lose data: --confirm " + plan_.cluster());
    return ExitCode::error;
  }
  if (saved_ || options_.auto_approve) return go_on;
  if (::isatty(STDIN_FILENO) == 0) {
    complain("there is no terminal to ask on: review the plan, then --auto-approve, or save it and apply that");
    return ExitCode::error;
  }
  std::cout << "\nDo this? Only " << (loses ? "the cluster's name" : "yes") << " goes on: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == (loses ? plan_.cluster() : "yes")) return go_on;
  std::cout << "Nothing has been changed.\n";
  return ExitCode::error;
}

int Applying::unsuccessful(const RunResult& result, RunLease& lease, const Journal& journal) {
  if (!result.changed && !unfinished_) {
    lease.release();
    std::cout << "\nStopped before anything was changed" << (result.step.empty() ? ": " + result.detail : "") << ".\n";
    return ExitCode::error;
  }
  const std::string next = next_steps_text(spec_, plan_, observation_, result.step);
  leave_next_steps(world_, spec_, lease.run_id(), next);
  lease.leave();
  std::cout << "\n" << next << "\nJournal: " << journal.path() << "\n";
  return ExitCode::stopped;
}

// As far as the run that is about to begin is concerned: its own record, which the nodes have by now, is none of an unfinished one.
Plan Applying::plan_now() {
  Observation now = world_.observe();
  if (!unfinished_) {
    for (NodeObservation& node : *now.mutable_nodes()) {
      if (node.has_facts()) node.mutable_facts()->clear_run();
    }
  }
  return make_plan(spec_, now, request());
}

// A person may have thought for an hour before the yes; from here on the lease keeps others away.
int Applying::look_again(RunLease& lease) {
  if (steps_of(plan_now()) == steps_of(plan_)) return go_on;
  if (unfinished_) {
    lease.leave();
  } else {
    lease.release();
  }
  if (options_.auto_approve && !saved_ && attempts_left_ > 0) return plan_anew;
  complain("the cluster has changed since this plan was made, and other steps would be right now; nothing was done: quorate plan");
  return ExitCode::refused;
}

// A person may have thought for an hour before the yes, and another run have come and died meanwhile. Its record is all that says
// how to go on with it: no lease may be taken over it unseen.
int Applying::look_for_other_runs() {
  const Observation now = world_.observe();
  const RunRecord* run = unfinished_run(now);
  const std::string known = unfinished_ ? run_of_lease(unfinished_->run_id()) : "";
  // One that lives is refused by its lease, with what to do.
  if (run == nullptr || run->lease_age_seconds() < lease_seconds || run_of_lease(run->run_id()) == known) return go_on;
  complain("run " + run->run_id() + " of " + run->owner() + " has come meanwhile; nothing was done: quorate plan");
  return ExitCode::refused;
}

int Applying::execute_plan() {
  absl::StatusOr<Journal> journal = Journal::open(journal_folder(plan_.cluster()), plan_.run_id());
  if (!journal.ok()) {
    complain(message_of(journal.status()));
    return ExitCode::error;
  }
  if (const int code = look_for_other_runs(); code != go_on) return code;
  SignalStop::begin_run("\nLeft at once. What was done stays done, and what was begun is unfinished.\n" + ways_out());
  RunLease lease(world_, member_names(), record());
  const absl::Status taken = lease.take(run_to_take_over(), changed_nodes(plan_));
  if (!taken.ok()) {
    complain(message_of(taken));
    return ExitCode::error;
  }
  say_taken_over(lease);
  if (const int code = look_again(lease); code != go_on) return code;
  if (lease.minority()) std::cout << "Only a minority of the nodes is in reach: another run on the other side could go on too.\n";
  const auto began = std::chrono::steady_clock::now();
  TerminalProgress progress;
  std::cout << "\n";
  const RunResult result = execute(spec_, plan_, world_, *journal, lease, progress, stop_);
  if (!result.done) return unsuccessful(result, lease, *journal);
  lease.release();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << "\nDone: " << plan_.steps_size() << " steps in " << static_cast<int>(took.count() + 0.5) << " s.\n";
  if (!leaves_something(plan_) && every_voter_serves(spec_, world_.observe())) return ExitCode::ok;
  std::cout << "Not everything: some of what was found above is left as it was.\n";
  return ExitCode::refused;
}

Request Applying::request() const {
  Request request;
  request.intents = saved_ ? std::vector<Intent>(saved_->intents().begin(), saved_->intents().end()) : options_.intents;
  request.abandon = options_.verb == "abandon";
  return request;
}

int Applying::attempt() {
  observation_ = world_.observe();
  unfinished_.reset();
  if (const RunRecord* run = unfinished_run(observation_)) unfinished_ = *run;
  if (const int code = check_unfinished(); code != go_on) return code;
  plan_ = make_plan(spec_, observation_, request());
  if (const int code = check_saved(); code != go_on) return code;
  std::cout << plan_text(plan_, output_style(), Preview::of_apply);
  if (const int code = finish_empty(); code != go_on) return code;
  if (const int code = confirm(); code != go_on) return code;
  return execute_plan();
}

int Applying::run() {
  if (const int code = check_request(); code != go_on) return code;
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
