// SPDX-License-Identifier: Apache-2.0
#include "engine/lease.h"

#include <algorithm>
#include <future>
#include <utility>

namespace quorate {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds call_limit(10);
constexpr std::chrono::seconds renew_every(15);
// Well within the 60 seconds after which a node lets another take it.
constexpr std::chrono::seconds valid_for(45);

}  // namespace

RunLease::RunLease(World& world, std::vector<std::string> nodes, RunRecord record)
    : world_(world), nodes_(std::move(nodes)), record_(std::move(record)) {
  std::sort(nodes_.begin(), nodes_.end());
}

RunLease::~RunLease() { leave(); }

std::vector<std::string> RunLease::taken() const {
  std::vector<std::string> names;
  for (const auto& [name, carrier] : carriers_) {
    if (carrier.sure) names.push_back(name);
  }
  return names;
}

// By name, so that of two runs at once one is first everywhere, however their specs are ordered.
absl::Status RunLease::take_each(const node::Claim& claim, const std::set<std::string>& needed) {
  std::size_t reached = 0;
  std::string problems;
  std::string missing;
  for (const std::string& name : nodes_) {
    const std::shared_ptr<node::Node> node = world_.node(name);
    if (node == nullptr) continue;
    ++reached;
    const node::LeaseResult result = node->take_lease(record_, claim, steady_clock::now() + call_limit);
    if (result.kind == node::LeaseResult::Kind::taken) {
      note_holder(name, result.holder, claim.dead_lease);
      continue;
    }
    if (result.kind == node::LeaseResult::Kind::held) {
      const std::string holder = "run " + result.holder.run_id() + " of " + result.holder.owner() + " holds the lease on " + name;
      return denied(holder + ". Wait for it, or, if it is dead: quorate unlock " + result.holder.run_id());
    }
    if (result.kind == node::LeaseResult::Kind::unseen) {
      return denied("run " + result.holder.run_id() + " of " + result.holder.owner() + " is unfinished on " + name +
                    ", and was not seen there when this was planned; nothing was done: quorate plan");
    }
    carriers_[name] = {};
    const std::string problem = name + ": " + result.detail;
    problems += (problems.empty() ? "" : "; ") + problem;
    if (needed.contains(name) && missing.empty()) missing = problem;
  }
  if (reached == 0) return unavailable("no node can be reached, so that none took the lease");
  if (!missing.empty()) return unavailable("a node that is to be changed cannot take the lease: " + missing);
  const std::size_t took = taken().size();
  if (took >= std::min(majority(), reached)) return absl::OkStatus();
  return unavailable("too few nodes took the lease (" + std::to_string(took) + " of " + std::to_string(nodes_.size()) +
                     "): " + problems);
}

// Another workstation may have ended the run since its record was seen, also where that did not reach every node; who writes it
// anew brings back what was given up.
absl::Status RunLease::still_unfinished(const std::set<std::string>& recorded_on) const {
  const auto is_gone = [this](const std::string& name) {
    const auto carrier = carriers_.find(name);
    return carrier != carriers_.end() && carrier->second.sure && !carrier->second.continued;
  };
  const bool is_continued =
      std::any_of(carriers_.begin(), carriers_.end(), [](const auto& carrier) { return carrier.second.continued; });
  if (std::any_of(recorded_on.begin(), recorded_on.end(), is_gone)) {
    return denied("the run was ended meanwhile, by another workstation; nothing was done: quorate plan");
  }
  if (recorded_on.empty() || is_continued) return absl::OkStatus();
  return unavailable(*recorded_on.begin() + " has the record of the unfinished run, and did not answer");
}

absl::Status RunLease::take(const node::Claim& claim, const std::set<std::string>& needed,
                            const std::set<std::string>& recorded_on) {
  // Counted from before the first call: the nodes' own 60 seconds begin during it.
  const auto began = steady_clock::now();
  absl::Status taken = take_each(claim, needed);
  const absl::Status unfinished = still_unfinished(recorded_on);
  if (taken.ok()) taken = unfinished;
  if (!taken.ok()) {
    // An unfinished run must not be forgotten because it could not be gone on with; a new one finds the records of ended ones
    // alone.
    if (!recorded_on.empty() && !absl::IsPermissionDenied(unfinished)) {
      std::erase_if(carriers_, [](const auto& carrier) { return !carrier.second.sure || carrier.second.inherited; });
    }
    withdraw();
    return taken;
  }
  renewed_ = began;
  renewer_ = std::thread([this] { renew_until_stopped(); });
  return absl::OkStatus();
}

void RunLease::note_holder(const std::string& name, const RunRecord& holder, const std::string& dead_lease) {
  carriers_[name] = {true, !holder.run_id().empty(), begun_as(holder) == begun_as(record_)};
  if (holder.run_id().empty() || holder.run_id() == record_.run_id() || !taken_over_.empty()) return;
  taken_over_ = "run " + holder.run_id() + " of " + holder.owner();
  taken_over_ += holder.run_id() == dead_lease ? ", whose process has ended" : ", which had expired";
}

bool RunLease::valid() const { return steady_clock::now() - renewed_.load() < valid_for; }

// All at once: nodes that hang, one after another, would take longer than the lease lasts.
std::vector<RunLease::NotDone> RunLease::on_each(const std::vector<std::string>& names, const NodeCall& call) {
  const auto deadline = steady_clock::now() + call_limit;
  std::vector<std::future<Outcome>> calls;
  for (const std::string& name : names) {
    calls.push_back(std::async(std::launch::async, [this, name, deadline, &call] {
      const std::shared_ptr<node::Node> node = world_.node(name);
      return node == nullptr ? Outcome::not_done("it cannot be reached") : call(*node, deadline);
    }));
  }
  std::vector<NotDone> failed;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Outcome outcome = calls[i].get();
    if (!outcome.is_done()) failed.push_back({names[i], outcome.detail});
  }
  return failed;
}

bool RunLease::confirm() {
  const auto began = steady_clock::now();
  const std::vector<std::string> names = taken();
  const std::vector<NotDone> failed =
      on_each(names, [this](node::Node& node, node::Deadline deadline) { return node.renew_lease({record_.run_id()}, deadline); });
  const std::size_t renewed = names.size() - failed.size();
  const bool enough = renewed > 0 && renewed >= std::min(majority(), names.size());
  if (enough) renewed_ = began;
  return enough;
}

bool RunLease::mark_abandoning() {
  RunRecord abandoning = record_;
  abandoning.set_abandoning(true);
  const std::vector<std::string> names = taken();
  const std::vector<NotDone> failed = on_each(names, [&abandoning](node::Node& node, node::Deadline deadline) {
    const node::LeaseResult result = node.take_lease(abandoning, {}, deadline);
    return result.kind == node::LeaseResult::Kind::taken ? Outcome::done() : Outcome::not_done(result.detail);
  });
  return failed.size() < names.size();
}

void RunLease::renew_until_stopped() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, renew_every, [this] { return stopping_; })) {
    lock.unlock();
    static_cast<void>(confirm());
    lock.lock();
  }
}

void RunLease::leave() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (renewer_.joinable()) renewer_.join();
}

std::vector<RunLease::NotDone> RunLease::release(const node::RunEnded& ended) {
  leave();
  const NodeCall release = [&](node::Node& node, node::Deadline deadline) {
    return node.release_lease({record_.run_id()}, ended, deadline);
  };
  const std::map<std::string, Carrier> carriers = std::exchange(carriers_, {});
  std::vector<std::string> names;
  for (const auto& [name, carrier] : carriers) names.push_back(name);
  const std::vector<NotDone> failed = on_each(names, release);
  std::set<std::string> released(names.begin(), names.end());
  for (const NotDone& one : failed) released.erase(one.node);
  const auto was_sure = [&](const std::string& name) { return carriers.at(name).sure; };
  remembered_ = !ended.begun_as.empty() && std::any_of(released.begin(), released.end(), was_sure);
  if (failed.empty()) return {};
  // A look makes a connection anew that broke just then.
  static_cast<void>(world_.observe());
  std::vector<std::string> again;
  for (const NotDone& one : failed) again.push_back(one.node);
  return on_each(again, release);
}

}  // namespace quorate
