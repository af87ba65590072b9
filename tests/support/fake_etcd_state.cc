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
    node(name) = {peer_url(name), true, 0s, false, id};
  }
  if (!names.empty()) leader_id = by_url(peer_url(names.front()))->id();
}

FakeCluster::State::Node& FakeCluster::State::node(const std::string& name) {
  Node& found = nodes[name];
  if (found.peer_url.empty()) found.peer_url = peer_url(name);
  return found;
}

bool FakeCluster::State::start(const std::string& name) {
  Node& starting = node(name);
  Member* member = by_url(starting.peer_url);
  const bool stale = member != nullptr && !starting.started_as.empty() && starting.started_as != member->id();
  // Old data under a new ID exits as removed; no data under an ID that had some panics or worse.
  if (member == nullptr || stale || (starting.started_as.empty() && !member->name().empty())) return false;
  if (starting.live) return true;
  starting.live = true;
  starting.live_since = now;
  starting.started_as = member->id();
  elect();
  // A member's name and client URL are published through the quorum.
  if (has_quorum() && member->name().empty()) {
    member->set_name(name);
    member->add_client_urls("https://" + name + ":2379");
  }
  return true;
}

void FakeCluster::State::elect() {
  const Member* leader = by_id(leader_id);
  if (leader != nullptr && !leader->learner() && live(*leader) && has_quorum()) return;
  leader_id.clear();
  if (!has_quorum()) return;
  for (const Member* voter : voters()) {
    if (!live(*voter)) continue;
    leader_id = voter->id();
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

std::vector<const Member*> FakeCluster::State::voters() const {
  std::vector<const Member*> found;
  for (const Member& member : members) {
    if (!member.learner()) found.push_back(&member);
  }
  return found;
}

int FakeCluster::State::live_voters() const {
  const auto all = voters();
  return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const Member* each) { return live(*each); }));
}

bool FakeCluster::State::has_quorum() const { return live_voters() >= static_cast<int>(voters().size()) / 2 + 1; }

std::size_t FakeCluster::State::connected_for_long(const Member& asked) const {
  std::size_t count = 0;
  const Node* here = node_of(asked);
  for (const Member* voter : voters()) {
    const Node* there = node_of(*voter);
    if (voter->id() == asked.id()) {
      ++count;
    } else if (here != nullptr && there != nullptr && there->live) {
      const Time since = std::max(here->live_since, there->live_since);
      if (now - since >= connected_long_enough) ++count;
    }
  }
  return count;
}

CountedVoters FakeCluster::State::counted(const Member& asked) const {
  const auto all = voters();
  const auto started = std::count_if(all.begin(), all.end(), [](const Member* each) { return !each->name().empty(); });
  return {all.size(), static_cast<std::size_t>(started), connected_for_long(asked)};
}

std::optional<std::string> FakeCluster::State::may_add(const Member& asked) const { return refusal_to_add(counted(asked)); }

std::optional<std::string> FakeCluster::State::may_remove(const Member& asked, const std::string& id) const {
  const auto leaving = std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.id() == id; });
  if (leaving == members.end()) return refusal_to_remove(counted(asked), {});
  const bool connected = leaving->id() == asked.id() || live(*leaving);
  return refusal_to_remove(counted(asked), {true, leaving->learner(), !leaving->name().empty(), connected});
}

std::optional<std::string> FakeCluster::State::may_promote(const Member& asked, const std::string& id) const {
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.id() == id; });
  if (found == members.end()) return "etcdserver: member not found";
  if (!found->learner()) return "etcdserver: can only promote a learner member";
  if (!in_sync(*found)) return "etcdserver: can only promote a learner member which is in sync with leader";
  return refusal_to_promote(counted(asked), !found->name().empty());
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
