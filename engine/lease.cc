// SPDX-License-Identifier: Apache-2.0
#include "engine/lease.h"

#include <algorithm>
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
    : world_(world), nodes_(std::move(nodes)), record_(std::move(record)) {}

RunLease::~RunLease() { leave(); }

absl::Status RunLease::take(const std::string& take_over, const std::set<std::string>& needed) {
  std::string problem;
  std::string missing;
  for (const std::string& name : nodes_) {
    const std::shared_ptr<node::Node> node = world_.node(name);
    if (node == nullptr) continue;
    const node::LeaseResult result = node->take_lease(record_, take_over, steady_clock::now() + call_limit);
    if (result.kind == node::LeaseResult::Kind::taken) {
      taken_.push_back(name);
      continue;
    }
    problem = name + ": " + result.detail;
    if (needed.count(name) > 0 && missing.empty()) missing = problem;
    if (result.kind != node::LeaseResult::Kind::held) continue;
    const std::string holder = "run " + result.holder.run_id() + " of " + result.holder.owner() + " holds the lease on " + name;
    release();
    return denied(holder + ". Wait for it, or, if it is dead: quorate unlock " + result.holder.run_id());
  }
  if (taken_.empty()) return unavailable("no node took the lease" + (problem.empty() ? "" : ": " + problem));
  if (!missing.empty()) {
    release();
    return unavailable("a node that is to be changed cannot take the lease: " + missing);
  }
  renewed_ = steady_clock::now();
  renewer_ = std::thread([this] { renew_until_stopped(); });
  return absl::OkStatus();
}

bool RunLease::valid() const { return steady_clock::now() - renewed_.load() < valid_for; }

bool RunLease::renew_once() {
  std::size_t renewed = 0;
  for (const std::string& name : taken_) {
    const std::shared_ptr<node::Node> node = world_.node(name);
    if (node == nullptr) continue;
    renewed += node->renew_lease({record_.run_id()}, steady_clock::now() + call_limit).is_done() ? 1 : 0;
  }
  return renewed * 2 > taken_.size();
}

bool RunLease::confirm() {
  const bool renewed = renew_once();
  if (renewed) renewed_ = steady_clock::now();
  return renewed;
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

void RunLease::release() {
  leave();
  for (const std::string& name : std::exchange(taken_, {})) {
    const std::shared_ptr<node::Node> node = world_.node(name);
    // A record that cannot be removed now expires, and the next plan finds nothing left to do for it.
    if (node != nullptr) static_cast<void>(node->release_lease({record_.run_id()}, steady_clock::now() + call_limit));
  }
}

}  // namespace quorate
