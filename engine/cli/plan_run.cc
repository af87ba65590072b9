// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/plan_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <set>
#include <thread>

#include "engine/cli/commands.h"
#include "engine/cli/next_steps.h"
#include "engine/cli/saved_plan.h"
#include "engine/cli/signals.h"
#include "engine/cli/terminal_progress.h"
#include "engine/journal.h"
#include "engine/owner.h"
#include "engine/settle.h"
#include "plans/facts.h"
#include "plans/finding.h"
#include "plans/lookup.h"
#include "plans/operation_text.h"
#include "plans/restore.h"

namespace quorate::cli {
namespace {

// Nothing is planned for what was refused, nor for a node that is out of reach or holds what nobody can see: no "nothing to do",
// and no "done", to whoever asked for the spec to be carried out. Nor where nothing is done yet for one that joins later.
bool leaves_something(const Plan& plan) {
  return !plan.refusals().empty() || has_finding(plan.findings(), FindingKind::unreachable) ||
         has_finding(plan.findings(), FindingKind::access_barred) || has_finding(plan.findings(), FindingKind::not_recorded) ||
         has_finding(plan.drift(), FindingKind::unseen_node) || has_finding(plan.drift(), FindingKind::alarm) ||
         (plan.steps().empty() && has_finding(plan.drift(), FindingKind::missing_member));
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

node::Claim claim_of(const Approved& approved) {
  node::Claim claim;
  for (const NodeObservation& node : approved.observation.nodes()) {
    if (node.facts().has_run()) claim.seen_runs.push_back(run_of_lease(node.facts().run().run_id()));
  }
  // This machine knows that its own process has died; another waits until the lease has expired.
  if (approved.unfinished && owner_has_died(approved.unfinished->owner_machine())) claim.dead_lease = approved.unfinished->run_id();
  return claim;
}

std::set<std::string> nodes_with_record(const Approved& approved) {
  std::set<std::string> nodes;
  if (!approved.unfinished) return nodes;
  for (const NodeObservation& node : approved.observation.nodes()) {
    const bool has_it =
        node.facts().has_run() && run_of_lease(node.facts().run().run_id()) == run_of_lease(approved.unfinished->run_id());
    if (has_it) nodes.insert(node.name());
  }
  return nodes;
}

bool take(const Approved& approved, RunLease& lease, const std::set<std::string>& needed) {
  const absl::Status taken = lease.take(claim_of(approved), needed, nodes_with_record(approved));
  if (!taken.ok()) {
    complain(message_of(taken));
    return false;
  }
  if (!lease.taken_over().empty()) std::cout << "Took over the lease of " << lease.taken_over() << ".\n" << std::flush;
  return true;
}

void say_record_is_left(const RunLease& lease, const std::vector<RunLease::NotDone>& nodes) {
  for (const RunLease::NotDone& one : nodes) {
    std::cout << "The run's record is left on " << one.node << ": " << one.why << "\n";
  }
  if (nodes.empty()) return;
  std::cout << (lease.is_remembered() ? "It says nothing any more: the other nodes know that the run has ended.\n"
                                      : "When that can be mended, this ends the run there too: quorate resume\n");
}

// An unfinished run must not be forgotten because it could not be gone on with.
void give_back(RunLease& lease, const Approved& approved) {
  if (approved.unfinished) {
    lease.leave();
  } else {
    lease.release();
  }
}

std::vector<RunLease::NotDone> release_after(const Plan& plan, RunLease& lease) {
  return undoes_run(plan) ? lease.release_undone() : lease.release();
}

const Step* step_of(const Plan& plan, const std::string& id) {
  const auto found = std::find_if(plan.steps().begin(), plan.steps().end(), [&](const Step& step) { return step.id() == id; });
  return found == plan.steps().end() ? nullptr : &*found;
}

// Who does not answer may have done it all the same.
bool all_answer(const Observation& observation, const Step& step) {
  for (const Operation& operation : step.operations()) {
    const std::string name = node_of(operation);
    const NodeObservation* node = find_node(observation, name);
    if (!name.empty() && (node == nullptr || !node->has_facts())) return false;
  }
  return true;
}

bool all_of_restore_answer(const Plan& plan, const Observation& observation) {
  for (const Intent& intent : plan.intents()) {
    std::vector<std::string> names = restored_nodes(intent.restore());
    names.insert(names.end(), intent.restore().others().begin(), intent.restore().others().end());
    for (const std::string& name : names) {
      const NodeObservation* node = find_node(observation, name);
      if (node == nullptr || !node->has_facts()) return false;
    }
  }
  return true;
}

}  // namespace

bool is_all_well(const Spec& spec, const Plan& plan, const Observation& observation) {
  return !leaves_something(plan) && every_voter_serves(spec, observation);
}

PlanRun::PlanRun(const Spec& spec, LiveWorld& world, const StopRequest& stop)
    : spec_(spec), world_(world), stop_(stop), suffix_(lease_suffix()) {}

std::vector<std::string> PlanRun::member_names() const {
  std::vector<std::string> names;
  for (const MemberSpec& member : spec_.spec().members()) names.push_back(member.name());
  return names;
}

RunRecord PlanRun::record(const Approved& approved) const {
  const Plan& plan = approved.plan;
  RunRecord record;
  record.set_run_id(plan.run_id() + "-" + suffix_);
  record.set_plan_id(approved.unfinished ? approved.unfinished->plan_id() : plan.id());
  record.set_begun_as(approved.unfinished ? begun_as(*approved.unfinished) : plan.run_id() + "-" + lease_suffix());
  record.set_cluster(plan.cluster());
  record.set_owner(owner_name());
  record.set_owner_machine(owner_machine());
  *record.mutable_intents() = plan.intents();
  record.set_set_aside_name(".quorate-" + plan.run_id());
  // What merely ends is not undone, whoever goes on with it.
  record.set_abandoning(undoes_run(plan) || (approved.unfinished && approved.unfinished->abandoning()));
  record.set_survivors_prefix(survivors_prefix(approved.request, approved.unfinished ? &*approved.unfinished : nullptr));
  if (plan.abandoning() && approved.unfinished) record.set_survivors_prefix(approved.unfinished->survivors_prefix());
  if (approved.unfinished) {
    keep_approved(*approved.unfinished, record);
  } else {
    add_approved(plan, record);
  }
  return record;
}

// A person may have thought for an hour before the yes; from here on the lease keeps others away. The record of the run that is
// about to begin is on the nodes by now, and is none of an unfinished one.
bool PlanRun::still_stands(const Approved& approved) {
  const Observation now = observe_settled(spec_, world_);
  if (is_as_approved(approved, now)) return true;
  const auto in_silence = [](const std::string& /*what*/) {};
  return !nodes_begun_again(spec_, now).empty() && is_as_approved(approved, observe_unflapping(spec_, world_, in_silence));
}

bool PlanRun::is_as_approved(const Approved& approved, Observation now) const {
  if (!approved.unfinished) {
    for (NodeObservation& node : *now.mutable_nodes()) {
      if (node.has_facts()) node.mutable_facts()->clear_run();
    }
  }
  const Plan plan = make_plan(spec_, now, approved.request);
  return steps_of(plan) == steps_of(approved.plan) && ends_as_it_stands(plan) == ends_as_it_stands(approved.plan);
}

// A member that was removed may have led, and an election takes a moment in which no voter knows a leader; on a slow disk, some of
// them.
bool PlanRun::settles(const Approved& approved) {
  const auto begin = std::chrono::steady_clock::now();
  while (!is_all_well(spec_, approved.plan, world_.observe())) {
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (leaves_something(approved.plan) || waited >= std::chrono::seconds(30)) return false;
    std::this_thread::sleep_for(pause_before_next_look(waited));
  }
  return true;
}

std::string undone_text(bool restores, const Step& failed, const Plan& undo) {
  if (restores) return "Put back as it was. Restored data that was in force is kept, set aside.\n";
  std::string text = "Undone:";
  for (const Step& step : undo.steps()) {
    if (!step.operations().empty()) text += "\n  " + step.title();
  }
  return text + (failed.has_set_flags() ? "\nCorrect the spec's extraArgs, then: quorate plan\n"
                                        : "\nMend what is said above, then: quorate plan\n");
}

// A restore that fails before clients were let in, flags that etcd does not take, and a join whose learner is not added or does not
// start, are undone. By the plan that `abandon` would make, from what is seen now.
std::optional<RunEnd> PlanRun::put_back(const Plan& plan, const RunResult& failed, RunLease& lease, Journal& journal) {
  const Step* step = step_of(plan, failed.step);
  const bool restores = !plan.restored_cluster_id().empty();
  const bool fails_for_certain = failed.certain && failed.changed && !plan.abandoning() && step != nullptr;
  if (!fails_for_certain || (!restores && (step->undo().empty() || !failed.acted))) return std::nullopt;
  const Observation now = world_.observe();
  const Plan undo = make_plan(spec_, now, {.abandon = true});
  for (const Finding& refusal : undo.refusals())
    std::cout << "\nIt is not undone: " << refusal.summary() << " " << refusal.remedy() << "\n";
  // Whether a restore is undone without a node that does not answer is a person's to say.
  const bool answer = restores ? all_of_restore_answer(plan, now) : all_answer(now, *step);
  if (undo.steps().empty() || !undo.refusals().empty() || !answer) return std::nullopt;
  std::cout << "\nStep " << failed.step << " failed: " << failed.detail
            << (restores ? "\nEverything is put back as it was.\n\n" : "\nWhat was begun of it is undone.\n\n") << std::flush;
  // Who goes on with it from the middle must not go forward.
  const bool marked = lease.confirm() && lease.mark_abandoning();
  TerminalProgress progress;
  // Who pressed Ctrl-C meanwhile has the step in hand safely abandoned by it.
  const RunResult result = execute(spec_, undo, world_, journal, lease, progress, NeverStop());
  if (!result.done) {
    std::cout << "\nIt is undone in part: step " << result.step << " of that failed: " << result.detail << "\n";
    if (!marked)
      std::cout << "No node could write that down: quorate abandon goes on with the undo, quorate resume with the run.\n";
    return leave_unfinished(next_steps_text(spec_, undo, now, result.step), lease, journal);
  }
  const std::vector<RunLease::NotDone> left = lease.release_undone();
  std::cout << "\n" << undone_text(restores, *step, undo) << "Journal: " << journal.path() << "\n";
  say_record_is_left(lease, left);
  return RunEnd::put_back;
}

RunEnd PlanRun::stop(const Approved& approved, const RunResult& result, RunLease& lease, const Journal& journal) {
  if (!result.changed && !approved.unfinished) {
    const std::vector<RunLease::NotDone> left = lease.release();
    std::cout << "\nStopped before anything was changed" << (result.step.empty() ? ": " + result.detail : "") << ".\n";
    say_record_is_left(lease, left);
    return stop_.stop_requested() ? RunEnd::interrupted : RunEnd::not_begun;
  }
  return leave_unfinished(next_steps_text(spec_, approved.plan, approved.observation, result.step), lease, journal);
}

// The run is not over: who resumes it goes on with what was asked for then.
RunEnd PlanRun::pause(const Plan& plan, RunLease& lease, const Journal& journal) {
  const bool had_quorum = !has_finding(plan.findings(), FindingKind::no_quorum);
  const std::string next =
      "Run " + plan.run_id() + " on cluster " + plan.cluster() + " has " +
      (had_quorum ? "mended what came first" : "brought the quorum back") +
      (plan.abandoning() ? ", and is still to be undone.\n\n" : ", and what was asked for is still to do.\n\n") + ways_out();
  return leave_unfinished(next, lease, journal);
}

RunEnd PlanRun::leave_unfinished(const std::string& next, RunLease& lease, const Journal& journal) {
  leave_next_steps(world_, spec_, lease.run_id(), next);
  lease.leave();
  std::cout << "\n" << next << "\nJournal: " << journal.path() << "\n";
  return RunEnd::stopped;
}

bool PlanRun::end_unfinished(const Approved& approved) {
  RunLease lease(world_, member_names(), record(approved));
  if (!take(approved, lease, {})) return false;
  if (!still_stands(approved)) {
    give_back(lease, approved);
    complain("the cluster has changed meanwhile; nothing was done: quorate plan");
    return false;
  }
  std::cout << "Run " << approved.plan.run_id()
            << (ends_as_it_stands(approved.plan) ? " is ended as it stands.\n" : " had nothing left to do, and is ended.\n");
  say_record_is_left(lease, release_after(approved.plan, lease));
  return true;
}

void PlanRun::take_ended_records_away(const Observation& observation) {
  RunRecord record;
  record.set_run_id(std::string(ended_records) + "-" + suffix_);
  record.set_cluster(spec_.metadata().name());
  record.set_owner(owner_name());
  record.set_owner_machine(owner_machine());
  node::Claim claim;
  std::vector<std::string> nodes;
  for (const NodeObservation& node : observation.nodes()) {
    if (!node.facts().has_run() || !has_ended(observation, node.facts().run())) continue;
    nodes.push_back(node.name());
    claim.seen_runs.push_back(run_of_lease(node.facts().run().run_id()));
  }
  if (nodes.empty()) return;
  RunLease lease(world_, nodes, record);
  // Where it cannot be done it says nothing any more all the same.
  if (lease.take(claim, {}).ok()) lease.withdraw();
}

RunEnd PlanRun::carry_out(const Approved& approved) {
  const Plan& plan = approved.plan;
  absl::StatusOr<Journal> journal = Journal::open(journal_folder(plan.cluster()), plan.run_id());
  if (!journal.ok()) {
    complain(message_of(journal.status()));
    return RunEnd::not_begun;
  }
  SignalStop::begin_run("\nLeft at once. What was done stays done, and what was begun is unfinished.\n" + ways_out());
  RunLease lease(world_, member_names(), record(approved));
  if (!take(approved, lease, changed_nodes(plan))) return RunEnd::not_begun;
  if (!still_stands(approved)) {
    give_back(lease, approved);
    return RunEnd::cluster_changed;
  }
  if (lease.minority()) std::cout << "Only a minority of the nodes is in reach: another run on the other side could go on too.\n";
  const auto began = std::chrono::steady_clock::now();
  TerminalProgress progress;
  std::cout << "\n";
  const RunResult result = execute(spec_, plan, world_, *journal, lease, progress, stop_);
  if (!result.done) {
    const std::optional<RunEnd> undone = put_back(plan, result, lease, *journal);
    return undone ? *undone : stop(approved, result, lease, *journal);
  }
  if (leaves_what_was_asked(plan)) return pause(plan, lease, *journal);
  const std::vector<RunLease::NotDone> left = release_after(plan, lease);
  SignalStop::end_run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << "\nDone: " << plan.steps_size() << " steps in " << std::lround(took.count()) << " s.\n";
  say_record_is_left(lease, left);
  const bool settled = settles(approved);
  if (!plan.drift().empty() && !plan.abandoning()) std::cout << "What differs from the spec is left as it is: quorate plan\n";
  if (settled) return left.empty() ? RunEnd::done : RunEnd::not_everything;
  std::cout << (leaves_something(plan) ? "Not everything: some of what was found above is left as it was.\n"
                                       : "Not everything: a voter does not serve yet. See: quorate status\n");
  return RunEnd::not_everything;
}

}  // namespace quorate::cli
