// SPDX-License-Identifier: Apache-2.0
#include "engine/execute.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/operations.h"
#include "engine/settle.h"
#include "plans/facts.h"
#include "plans/operation_text.h"

namespace quorate {
namespace {

using std::chrono::steady_clock;

// After a change of membership endpoints may see no leader for an election; a guard is not broken by that.
constexpr std::chrono::seconds guards_limit(20);
// etcd lets five seconds pass after a peer connected before it adds a member; kubeadm retries for two minutes (etcd-facts 1.3, 9).
constexpr std::chrono::seconds retry_limit(90);
constexpr std::chrono::milliseconds glance(100);
// By then a cause that waiting does not mend has had another try.
constexpr std::chrono::seconds lasting_limit(12);
// After Ctrl-C what was begun may take so long to be done and to show; a learner that receives its data takes hours, and can be
// left at that.
constexpr std::chrono::seconds finish_limit(30);
// The look that checked one step is fresh enough to guard the next, since nothing was done in between.
constexpr std::chrono::seconds fresh_for(2);

std::string name_of(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::done: return "done";
    case Outcome::Kind::not_done: return "not done";
    case Outcome::Kind::unknown: return "unknown";
  }
  return "unknown";
}

// Their indices in the step, in order.
using OperationsByNode = std::map<std::string, std::vector<int>>;

OperationsByNode operations_by_node(const Step& step) {
  OperationsByNode by_node;
  for (int i = 0; i < step.operations_size(); ++i) by_node[node_of(step.operations(i))].push_back(i);
  return by_node;
}

// Empty: none of them says that it leads.
std::string leading_node(const Observation& observation) {
  for (const NodeObservation& node : observation.nodes()) {
    const EndpointStatus& status = node.endpoint().status();
    if (!status.leader_id().empty() && status.leader_id() == status.member_id()) return node.name();
  }
  return "";
}

class Execution {
 public:
  Execution(const Spec& spec, std::string cluster_id, World& world, Journal& journal, RunLease& lease, Progress& progress,
            const StopRequest& stop)
      : spec_(spec),
        cluster_id_(std::move(cluster_id)),
        world_(world),
        journal_(journal),
        lease_(lease),
        progress_(progress),
        stop_(stop) {}

  absl::Status run_step(const Step& step);
  [[nodiscard]] bool changed() const { return changed_before_step_ || acted_; }
  [[nodiscard]] bool acted() const { return acted_; }

 private:
  absl::Status lease_lost() const;
  absl::Status interruption() const;
  absl::Status wait_until_hold(const google::protobuf::RepeatedPtrField<Fact>& facts, std::chrono::seconds limit);
  absl::Status run_operations(const Step& step);
  absl::Status run_leader_last(const Step& step);
  absl::Status run_nodes_at_once(const Step& step, OperationsByNode left);
  absl::Status run_round(const Step& step, OperationsByNode& left);
  absl::Status run_operation(const Step& step, int index);
  Outcome perform_until_decided(const Step& step, const Operation& operation);
  absl::Status append(const JournalRecord& record);
  bool checks_hold(const Step& step);
  bool finished_for_long();
  void pause(steady_clock::duration waited);
  void look();

  const Spec& spec_;
  std::string cluster_id_;
  World& world_;
  Journal& journal_;
  std::mutex journal_mutex_;
  RunLease& lease_;
  Progress& progress_;
  const StopRequest& stop_;
  Observation observation_;
  bool changed_before_step_ = false;
  std::atomic<bool> acted_ = false;  // in the step in hand
  std::optional<steady_clock::time_point> stop_seen_at_;
  steady_clock::time_point observed_at_{};  // of the last look, unless something was done since
};

absl::Status Execution::lease_lost() const {
  if (!lease_.valid()) return cancelled("the run's lease could not be renewed; another may have taken it");
  return absl::OkStatus();
}

// What was begun of a step is finished, as far as it can be: between two of its operations a node may serve nothing.
absl::Status Execution::interruption() const {
  if (stop_.stop_requested() && !acted_) return cancelled("interrupted");
  return lease_lost();
}

// What is saved on the workstation, what kubeadm checks, and an image, change nothing of the cluster.
bool only_looks(const Step& step, const Operation& operation) {
  return operation.has_save_backup() || operation.has_stream_snapshot() || operation.has_kubeadm_preflight() ||
         step.has_pull_image();
}

bool only_looks(const Step& step) {
  const auto& all = step.operations();
  return std::all_of(all.begin(), all.end(), [&](const Operation& operation) { return only_looks(step, operation); });
}

// Since Ctrl-C.
bool Execution::finished_for_long() {
  if (!stop_.stop_requested()) return false;
  if (!stop_seen_at_) stop_seen_at_ = steady_clock::now();
  return steady_clock::now() - *stop_seen_at_ >= finish_limit;
}

struct Unmet {
  std::string text;  // empty: all hold
  bool lasting = false;
};

// The first fact that does not hold.
Unmet first_unmet(const FactReader& reader, const google::protobuf::RepeatedPtrField<Fact>& facts) {
  for (const Fact& fact : facts) {
    const Verdict verdict = reader.read(fact);
    if (verdict.holds != Holds::yes) return {text_of(fact) + " (" + verdict.because + ")", verdict.lasting};
  }
  return {};
}

absl::Status Execution::wait_until_hold(const google::protobuf::RepeatedPtrField<Fact>& facts, std::chrono::seconds limit) {
  const auto begin = steady_clock::now();
  auto lasting_since = begin;
  bool lasted = false;
  for (bool first = true;; first = false) {
    if (!first || steady_clock::now() - observed_at_ > fresh_for) look();
    const Unmet unmet = first_unmet(FactReader(spec_, observation_), facts);
    if (unmet.text.empty()) return absl::OkStatus();
    const absl::Status interrupted = interruption();
    if (!interrupted.ok()) return interrupted;
    const auto now = steady_clock::now();
    if (finished_for_long()) return cancelled("interrupted: " + unmet.text);
    if (!unmet.lasting || !lasted) lasting_since = now;
    lasted = unmet.lasting;
    if (now - begin >= limit || now - lasting_since >= lasting_limit) return timed_out(unmet.text);
    progress_.waiting(unmet.text);
    pause(now - begin);
  }
}

// Ctrl-C, and a lease that is lost, are looked at meanwhile.
void Execution::pause(steady_clock::duration waited) {
  const auto end = steady_clock::now() + pause_before_next_look(waited);
  const bool stopping = stop_.stop_requested();
  while (steady_clock::now() < end && stop_.stop_requested() == stopping && lease_.valid()) std::this_thread::sleep_for(glance);
}

void Execution::look() {
  observation_ = world_.observe();
  observed_at_ = steady_clock::now();
}

bool Execution::checks_hold(const Step& step) {
  look();
  return first_unmet(FactReader(spec_, observation_), step.checks()).text.empty();
}

// A call whose outcome is unknown is neither done nor failed: what an observation shows decides, and every operation may be
// repeated.
Outcome Execution::perform_until_decided(const Step& step, const Operation& operation) {
  const auto begin = steady_clock::now();
  bool nothing_is_done = &operation == &step.operations(0);
  while (true) {
    const Outcome outcome = perform(operation, cluster_id_, world_, lease_, observation_, stop_);
    const bool undecided = outcome.kind == Outcome::Kind::unknown || outcome.try_again;
    nothing_is_done = nothing_is_done && outcome.kind == Outcome::Kind::not_done;
    const bool interrupted = (nothing_is_done && stop_.stop_requested()) || finished_for_long() || !interruption().ok();
    const auto waited = steady_clock::now() - begin;
    const bool ends = !undecided || waited >= retry_limit || interrupted;
    // Refused for now, each time.
    if (ends && undecided && nothing_is_done) acted_ = false;
    if (ends) return outcome;
    progress_.waiting(outcome.detail);
    pause(waited);
    const bool is_last = &operation == &step.operations(step.operations_size() - 1);
    if (checks_hold(step) && is_last && step.checks_size() > 0) return Outcome::done("an observation shows it");
  }
}

absl::Status Execution::run_operation(const Step& step, int index) {
  JournalRecord started;
  started.mutable_operation_started()->set_step(step.id());
  started.mutable_operation_started()->set_index(static_cast<std::uint32_t>(index));
  absl::Status written = append(started);
  if (!written.ok()) return written;
  const Operation& operation = step.operations(index);
  if (!only_looks(step, operation)) acted_ = true;
  const Outcome outcome = step.nodes_at_once() ? perform(operation, cluster_id_, world_, lease_, observation_, stop_)
                                               : perform_until_decided(step, operation);
  JournalRecord ended;
  OperationEnded& record = *ended.mutable_operation_ended();
  record.set_step(step.id());
  record.set_index(static_cast<std::uint32_t>(index));
  record.set_outcome(name_of(outcome.kind));
  record.set_detail(outcome.detail);
  written = append(ended);
  if (!written.ok()) return written;
  if (outcome.is_done()) return absl::OkStatus();
  const std::string text = text_of(operation) + ": " + name_of(outcome.kind) + ": " + outcome.detail;
  // Ctrl-C ends what is only saved here, and that is no failure.
  if (stop_.stop_requested() && only_looks(step, operation)) return cancelled(text);
  const bool undecided = outcome.kind == Outcome::Kind::unknown || outcome.try_again;
  return undecided ? unavailable(text) : precondition(text);
}

absl::Status Execution::append(const JournalRecord& record) {
  const std::lock_guard lock(journal_mutex_);
  return journal_.append(record);
}

// The operations of one node in their order, from the first that is not done; beside those of the others. All are waited for: what
// is stopped half-way must at least be known. What one of them begins all finish.
absl::Status Execution::run_round(const Step& step, OperationsByNode& left) {
  const bool stoppable = only_looks(step);
  std::vector<std::future<absl::Status>> nodes;
  for (auto& [node, indices] : left) {
    nodes.push_back(std::async(std::launch::async, [this, &step, stoppable, &indices = indices] {
      while (!indices.empty()) {
        absl::Status status = stoppable ? interruption() : lease_lost();
        if (status.ok()) status = run_operation(step, indices.front());
        if (!status.ok()) return status;
        indices.erase(indices.begin());
      }
      return absl::OkStatus();
    }));
  }
  absl::Status worst;
  for (auto& node : nodes) {
    const absl::Status status = node.get();
    if (worst.ok() || absl::IsUnavailable(worst)) worst = status.ok() ? worst : status;
  }
  return worst;
}

// While they run nobody looks. What is undecided is done again after a look, which brings back connections that broke.
absl::Status Execution::run_nodes_at_once(const Step& step, OperationsByNode left) {
  const auto begin = steady_clock::now();
  while (true) {
    const absl::Status status = run_round(step, left);
    const auto waited = steady_clock::now() - begin;
    if (!absl::IsUnavailable(status) || waited >= retry_limit || finished_for_long() || !interruption().ok()) return status;
    progress_.waiting(message_of(status));
    pause(waited);
    look();
  }
}

// A leader that is told to stop hands over first, and waits seven seconds for a follower that is stopping too (etcd's
// TransferLeadership); without a follower that is connected it does not wait.
absl::Status Execution::run_leader_last(const Step& step) {
  OperationsByNode others = operations_by_node(step);
  OperationsByNode leader;
  leader.insert(others.extract(leading_node(observation_)));
  const absl::Status run = run_nodes_at_once(step, std::move(others));
  if (!run.ok() || leader.empty()) return run;
  google::protobuf::RepeatedPtrField<Fact> stopped;
  for (const Fact& check : step.checks()) {
    if (check.has_etcd_stopped() && !leader.contains(check.etcd_stopped().node())) *stopped.Add() = check;
  }
  observed_at_ = {};
  const absl::Status shown = wait_until_hold(stopped, std::chrono::seconds(step.check_seconds()));
  if (!shown.ok()) return annotate(shown, "the leader is not stopped before its followers");
  return run_nodes_at_once(step, std::move(leader));
}

absl::Status Execution::run_operations(const Step& step) {
  if (step.leader_last()) return run_leader_last(step);
  if (step.nodes_at_once()) return run_nodes_at_once(step, operations_by_node(step));
  for (int i = 0; i < step.operations_size(); ++i) {
    absl::Status status = interruption();
    if (status.ok()) status = run_operation(step, i);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Execution::run_step(const Step& step) {
  changed_before_step_ = changed();
  acted_ = false;
  absl::Status status = interruption();
  if (status.ok()) status = wait_until_hold(step.guards(), guards_limit);
  if (!status.ok()) return annotate(status, "the cluster has changed, or is not ready");
  JournalRecord started;
  started.mutable_step_started()->set_step(step.id());
  started.mutable_step_started()->set_title(step.title());
  status = journal_.append(started);
  if (status.ok()) status = run_operations(step);
  observed_at_ = {};
  if (!status.ok()) return status;
  status = wait_until_hold(step.checks(), std::chrono::seconds(step.check_seconds()));
  return annotate(status, "what was done does not show");
}

absl::Status journal_step_ended(Journal& journal, const Step& step, const absl::Status& status) {
  JournalRecord ended;
  ended.mutable_step_ended()->set_step(step.id());
  ended.mutable_step_ended()->set_outcome(status.ok() ? "done" : "not done");
  ended.mutable_step_ended()->set_detail(message_of(status));
  return journal.append(ended);
}

}  // namespace

RunResult execute(const Spec& spec, const Plan& plan, World& world, Journal& journal, RunLease& lease, Progress& progress,
                  const StopRequest& stop) {
  // A restore ends as another cluster than it began as.
  const std::string& cluster_id = plan.restored_cluster_id().empty() ? plan.cluster_id() : plan.restored_cluster_id();
  Execution execution(spec, cluster_id, world, journal, lease, progress, stop);
  JournalRecord run_started;
  run_started.mutable_run_started()->set_run_id(plan.run_id());
  *run_started.mutable_run_started()->mutable_plan() = plan;
  const absl::Status opened = journal.append(run_started);
  if (!opened.ok()) return {false, false, false, false, "", message_of(opened)};
  for (const Step& step : plan.steps()) {
    progress.step_started(step.id(), plan.steps_size(), step.title());
    absl::Status status = execution.run_step(step);
    const absl::Status written = journal_step_ended(journal, step, status);
    if (status.ok()) status = written;
    progress.step_ended(step.id(), status.ok(), message_of(status));
    const bool certain = !absl::IsCancelled(status) && !absl::IsUnavailable(status);
    if (!status.ok()) return {false, execution.changed(), execution.acted(), certain, step.id(), message_of(status)};
  }
  JournalRecord run_ended;
  run_ended.mutable_run_ended()->set_outcome("done");
  const absl::Status closed = journal.append(run_ended);
  return {closed.ok(), true, true, false, "", message_of(closed)};
}

}  // namespace quorate
