// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_etcd.h"

#include "tests/support/fake_etcd_client.h"
#include "tests/support/fake_etcd_state.h"

namespace quorate::test {

using Lock = std::scoped_lock<std::mutex>;

FakeCluster::FakeCluster(const std::vector<std::string>& names) : state_(std::make_unique<State>(names)) {}
FakeCluster::~FakeCluster() = default;

std::string FakeCluster::peer_url(const std::string& name) { return "https://" + name + ":2380"; }

std::unique_ptr<etcd::Client> FakeCluster::client(const std::string& name) { return std::make_unique<FakeClient>(*state_, name); }

bool FakeCluster::start(const std::string& name) {
  const Lock lock(state_->mutex);
  return state_->start(name);
}

void FakeCluster::stop(const std::string& name) {
  const Lock lock(state_->mutex);
  state_->nodes[name].live = false;
  state_->elect();
}

void FakeCluster::wipe(const std::string& name) {
  const Lock lock(state_->mutex);
  State::Node& wiped = state_->nodes[name];
  wiped.live = false;
  wiped.started_as.clear();
  state_->elect();
}

void FakeCluster::advance(std::chrono::milliseconds time) {
  const Lock lock(state_->mutex);
  state_->now += time;
}

void FakeCluster::fall_behind(const std::string& name) {
  const Lock lock(state_->mutex);
  state_->nodes[name].behind = true;
}

void FakeCluster::catch_up(const std::string& name) {
  const Lock lock(state_->mutex);
  state_->nodes[name].behind = false;
}

void FakeCluster::lose_next_answer() {
  const Lock lock(state_->mutex);
  state_->answer_lost = true;
}

Outcome FakeCluster::put(const std::string& key, const std::string& value) {
  const Lock lock(state_->mutex);
  if (!state_->has_quorum()) return Outcome::unknown("etcdserver: request timed out");
  state_->data[key] = value;
  ++state_->revision;
  return Outcome::done();
}

absl::StatusOr<std::string> FakeCluster::get(const std::string& key) {
  const Lock lock(state_->mutex);
  if (!state_->has_quorum()) return timed_out("etcdserver: request timed out");
  const auto found = state_->data.find(key);
  if (found == state_->data.end()) return not_found(key);
  return found->second;
}

bool FakeCluster::has_quorum() const {
  const Lock lock(state_->mutex);
  return state_->has_quorum();
}

std::string FakeCluster::leader_name() const {
  const Lock lock(state_->mutex);
  const Member* leader = state_->by_id(state_->leader_id);
  return leader == nullptr ? "" : leader->name();
}

std::string FakeCluster::member_id(const std::string& name) const {
  const Lock lock(state_->mutex);
  const Member* member = state_->by_url(peer_url(name));
  return member == nullptr ? "" : member->id();
}

std::chrono::milliseconds FakeCluster::now() const {
  const Lock lock(state_->mutex);
  return state_->now;
}

}  // namespace quorate::test
