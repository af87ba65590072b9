// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_etcd_state.h"

#include <algorithm>
#include <cstdio>

namespace quorate::test {
namespace {

using namespace std::chrono_literals;

// etcd's HealthInterval.
constexpr auto connected_long_enough = 5s;
constexpr auto time_to_catch_up = 1s;

// Spread over all bits and never the same again, as etcd's own.
std::string identifier(std::uint64_t count) {
  std::uint64_t mixed = count * 0x9e3779b97f4a7c15U;
  mixed ^= mixed >> 30;
  mixed *= 0xbf58476d1ce4e5b9U;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(mixed));
  return text;
}

}  // namespace

FakeCluster::State::State(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string id = add_member(peer_url(name), false, name);
    nodes[name] = {.live = true, .serves = true, .live_since = 0s, .started_as = id};
  }
  if (!names.empty()) leader_id = by_url(peer_url(names.front()))->id();
}

bool FakeCluster::State::start(const std::string& name) {
  Node& starting = nodes[name];
  const bool has_data = !starting.started_as.empty();
  Member* member = has_data ? by_id(starting.started_as) : by_url(peer_url(name));
  // Old data under a new ID exits as removed; no data under an ID that had some panics or worse.
  if (member == nullptr || (!has_data && !member->name().empty())) return false;
  if (starting.live) return true;
  starting.live = true;
  starting.serves = false;
  starting.live_since = now;
  starting.started_as = member->id();
  elect();
  return true;
}

// A member's name and client URL are published through the quorum.
void FakeCluster::State::serve_where_quorum() {
  for (auto& [name, node] : nodes) {
    Member* member = by_id(node.started_as);
    if (!node.live || member == nullptr) continue;
    node.serves = true;
    if (!member->name().empty()) continue;
    member->set_name(name);
    member->add_client_urls("https://" + name + ":2379");
  }
}

void FakeCluster::State::elect() {
  const Member* leader = by_id(leader_id);
  const bool quorum = has_quorum();
  if (quorum) serve_where_quorum();
  if (leader != nullptr && !leader->learner() && live(*leader) && quorum) return;
  leader_id.clear();
  if (!quorum) return;
  for (const Member& member : members) {
    if (member.learner() || !live(member)) continue;
    leader_id = member.id();
    ++term;
    return;
  }
}

Member* FakeCluster::State::by_id(const std::string& id) {
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.id() == id; });
  return found == members.end() ? nullptr : &*found;
}

Member* FakeCluster::State::by_url(const std::string& url) {
  const auto has_url = [&](const Member& each) {
    return std::find(each.peer_urls().begin(), each.peer_urls().end(), url) != each.peer_urls().end();
  };
  const auto found = std::find_if(members.begin(), members.end(), has_url);
  return found == members.end() ? nullptr : &*found;
}

const FakeCluster::State::Node* FakeCluster::State::node_of(const Member& member) const {
  for (const auto& [name, each] : nodes) {
    if (each.started_as == member.id()) return &each;
  }
  return nullptr;
}

bool FakeCluster::State::live(const Member& member) const {
  const Node* found = node_of(member);
  return found != nullptr && found->live;
}

bool FakeCluster::State::in_sync(const Member& member) const {
  const Node* found = node_of(member);
  return found != nullptr && found->live && !found->behind && now - found->live_since >= time_to_catch_up;
}

bool FakeCluster::State::connected_for_long(const Member& member, const Member& asked) const {
  if (member.id() == asked.id()) return true;
  const Node* here = node_of(asked);
  const Node* there = node_of(member);
  if (here == nullptr || there == nullptr || !there->live) return false;
  return now - std::max(here->live_since, there->live_since) >= connected_long_enough;
}

Membership FakeCluster::State::membership(const Member* asked) const {
  std::vector<RuledMember> ruled;
  for (const Member& member : members) {
    ruled.push_back({.id = member.id(),
                     .peer_urls = {member.peer_urls().begin(), member.peer_urls().end()},
                     .learner = member.learner(),
                     .started = !member.name().empty(),
                     .live = live(member),
                     .connected = asked != nullptr && connected_for_long(member, *asked),
                     .in_sync = in_sync(member)});
  }
  return Membership(std::move(ruled));
}

std::string FakeCluster::State::add_member(const std::string& url, bool learner, const std::string& name) {
  Member member;
  member.set_id(identifier(next_identifier++));
  member.set_name(name);
  member.add_peer_urls(url);
  if (!name.empty()) member.add_client_urls("https://" + name + ":2379");
  member.set_learner(learner);
  members.push_back(member);
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.id() < b.id(); });
  return member.id();
}

void FakeCluster::State::remove(const std::string& id) {
  for (auto& [name, each] : nodes) {
    // A member that sees its own removal exits.
    if (each.started_as == id) each.live = false;
  }
  std::erase_if(members, [&](const Member& each) { return each.id() == id; });
  elect();
}

}  // namespace quorate::test
