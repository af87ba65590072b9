// SPDX-License-Identifier: Apache-2.0
// The membership, by etcd's own rules.
#include <algorithm>
#include <optional>
#include <set>

#include "plans/quorum.h"
#include "tests/plans/support/cluster_model.h"
#include "tests/support/reconfiguration.h"

namespace quorate {
namespace {

void refuse(const std::optional<std::string>& refusal) {
  if (refusal) forbidden(*refusal);
}

}  // namespace

bool ClusterModel::is_live(const ScriptedMember& member) const {
  return member.live_elsewhere || std::any_of(cluster_.nodes.begin(), cluster_.nodes.end(),
                                              [&](const ScriptedNode& node) { return cluster_.active_member(node) == &member; });
}

// Whoever is live has been so for long.
test::CountedVoters ClusterModel::counted_voters() const {
  test::CountedVoters voters;
  for (const ScriptedMember& member : cluster_.members) {
    if (member.learner) continue;
    ++voters.listed;
    voters.started += member.name.empty() ? 0 : 1;
    voters.connected += is_live(member) ? 1 : 0;
  }
  return voters;
}

// etcd's strict check: no member is added while a voter is down, nor a second learner.
void ClusterModel::member_add(const MemberAdd& add) {
  if (!cluster_.has_leader()) forbidden("a member is added without a quorum");
  refuse(test::refusal_to_add(counted_voters()));
  std::size_t learners = 0;
  for (const ScriptedMember& member : cluster_.members) {
    if (member.peer_url == add.peer_url()) forbidden("Peer URLs already exists");
    learners += member.learner ? 1 : 0;
  }
  refuse(test::refusal_of_another_learner(learners));
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
  if (member == cluster_.members.end()) forbidden("member not found: " + remove.member_id());
  if (!cluster_.has_leader()) forbidden("a member is removed without a quorum");
  const bool live = is_live(*member);
  const test::CountedVoters now = counted_voters();
  refuse(test::refusal_to_remove(now, {true, member->learner, !member->name.empty(), live}));
  const std::size_t voters_left = now.listed - (member->learner ? 0 : 1);
  const std::size_t live_left = now.connected - (!member->learner && live ? 1 : 0);
  if (!has_quorum(voters_left, live_left)) forbidden("a removal takes the quorum away");
  cluster_.members.erase(member);
}

void ClusterModel::member_promote(const MemberPromote& promote) {
  if (!cluster_.has_leader()) forbidden("a member is promoted without a quorum");
  for (ScriptedMember& member : cluster_.members) {
    if (member.peer_url != promote.peer_url()) continue;
    const bool runs = std::any_of(cluster_.nodes.begin(), cluster_.nodes.end(),
                                  [&](const ScriptedNode& node) { return cluster_.active_member(node) == &member; });
    if (!member.learner || !runs) forbidden("promoted: what is no learner, or does not run");
    refuse(test::refusal_to_promote(counted_voters(), !member.name.empty()));
    member.learner = false;
    return;
  }
  forbidden("promoted: what is not listed");
}

void ClusterModel::member_update(const MemberUpdate& update) {
  if (!cluster_.has_leader()) forbidden("a member is updated without a quorum");
  for (ScriptedMember& member : cluster_.members) {
    if (member.id != update.member_id() && member.peer_url == update.peer_url()) forbidden("Peer URLs already exists");
  }
  for (ScriptedMember& member : cluster_.members) {
    if (member.id != update.member_id()) continue;
    if (member.learner) forbidden("etcd before 3.5.31 promotes a learner whose URL is updated");
    member.peer_url = update.peer_url();
    return;
  }
  forbidden("updated: what is not listed");
}

void ClusterModel::leader_move(const LeaderMove& move) {
  if (!cluster_.has_leader()) forbidden("leadership moved without a quorum");
  const auto to = std::find_if(cluster_.members.begin(), cluster_.members.end(),
                               [&](const ScriptedMember& member) { return member.id == move.to_member_id(); });
  if (to == cluster_.members.end() || to->learner || !is_live(*to)) forbidden("bad leader transferee: " + move.to_member_id());
  cluster_.leader_id = to->id;
}

}  // namespace quorate
