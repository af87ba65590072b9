// SPDX-License-Identifier: Apache-2.0
// The membership, by etcd's own rules.
#include <algorithm>
#include <optional>
#include <set>

#include "tests/plans/support/cluster_model.h"

namespace quorate {
namespace {

// That it is so already is no reason to plan it.
void expect_change(const std::optional<Outcome>& answer) {
  if (answer) forbidden(answer->detail);
}

}  // namespace

bool ClusterModel::runs(const ScriptedMember& member) const {
  return std::any_of(cluster_.nodes.begin(), cluster_.nodes.end(),
                     [&](const ScriptedNode& node) { return cluster_.active_member(node) == &member; });
}

// Whoever is live has been so for long.
test::Membership ClusterModel::membership() const {
  std::vector<test::RuledMember> ruled;
  for (const ScriptedMember& member : cluster_.members) {
    const bool live = member.live_elsewhere || runs(member);
    ruled.push_back({.id = member.id,
                     .peer_urls = {member.peer_url},
                     .learner = member.learner,
                     .started = !member.name.empty(),
                     .live = live,
                     .connected = live,
                     .in_sync = runs(member)});
  }
  return test::Membership(std::move(ruled));
}

// It would look like a majority's.
void ClusterModel::forbid_copy_of_doubtful_store() const {
  std::set<std::uint32_t> hashes;
  bool raised = false;
  for (const ScriptedNode& node : cluster_.nodes) {
    const ScriptedMember* member = cluster_.active_member(node);
    if (member == nullptr || member->learner) continue;
    hashes.insert(node.hash);
    for (const std::string& error : node.errors) raised = raised || error.find("CORRUPT") != std::string::npos;
  }
  if (raised && hashes.size() > 1) forbidden("a store is copied while stores differ");
}

void ClusterModel::member_add(const MemberAdd& add) {
  forbid_copy_of_doubtful_store();
  expect_change(membership().answer_to_add_learner(add.peer_url()));
  ScriptedMember member;
  member.id = unused_id(add.peer_url());
  member.peer_url = add.peer_url();
  member.learner = true;
  cluster_.members.push_back(member);
}

// The first that neither a member nor any data has: there is an end of states by that.
std::string ClusterModel::unused_id(const std::string& peer_url) const {
  std::set<std::string> used;
  for (const ScriptedMember& member : cluster_.members) used.insert(member.id);
  for (const ScriptedNode& node : cluster_.nodes) used.insert(node.data.member_id);
  for (const auto& [place, data] : set_aside_) used.insert(data.member_id);
  for (int number = 1;; ++number) {
    const std::string id = scripted_id("added " + std::to_string(number) + peer_url);
    if (!used.contains(id)) return id;
  }
}

void ClusterModel::member_remove(const MemberRemove& remove) {
  const auto member = std::find_if(cluster_.members.begin(), cluster_.members.end(), [&](const ScriptedMember& each) {
    return remove.member_id().empty() ? each.learner && each.peer_url == remove.learner_peer_url() : each.id == remove.member_id();
  });
  // A learner that was not added is removed already.
  if (member == cluster_.members.end() && remove.member_id().empty()) return;
  expect_change(membership().answer_to_remove(member == cluster_.members.end() ? remove.member_id() : member->id));
  cluster_.members.erase(member);
}

void ClusterModel::member_promote(const MemberPromote& promote) {
  const auto member = std::find_if(cluster_.members.begin(), cluster_.members.end(),
                                   [&](const ScriptedMember& each) { return each.peer_url == promote.peer_url(); });
  if (member == cluster_.members.end()) forbidden("promoted: what is not listed");
  forbid_copy_of_doubtful_store();
  expect_change(membership().answer_to_promote(member->id));
  member->learner = false;
}

void ClusterModel::member_update(const MemberUpdate& update) {
  expect_change(membership().answer_to_update(update.member_id(), update.peer_url()));
  for (ScriptedMember& member : cluster_.members) {
    if (member.id != update.member_id()) continue;
    if (member.learner) forbidden("etcd before 3.5.31 promotes a learner whose URL is updated");
    member.peer_url = update.peer_url();
  }
}

void ClusterModel::leader_move(const LeaderMove& move) {
  expect_change(membership().answer_to_move_leader(move.to_member_id()));
  cluster_.leader_id = move.to_member_id();
}

}  // namespace quorate
