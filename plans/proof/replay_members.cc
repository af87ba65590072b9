// SPDX-License-Identifier: Apache-2.0
// The membership, by etcd's own rules.
#include "plans/proof/replay.h"
#include "plans/quorum.h"

namespace quorate {

// etcd's strict check (mayAddMember): a quorum, and every voter connected; and one learner at a time (isTooManyLearners).
Replay::Broken Replay::add(const MemberAdd& add) {
  for (const ReplayedMember& member : members_) {
    if (member.peer_urls.contains(add.peer_url())) return "no two members have one peer URL: " + add.peer_url();
  }
  if (!quorum()) return "without a quorum no member is added";
  if (live_voters() < voters()) return "no member is added while a voter is down";
  if (has_learner()) return "while there is a learner nothing else changes the membership";
  if (stores_differ()) return "nobody gets a copy of a store while stores differ";
  ReplayedMember member;
  member.peer_urls = {add.peer_url()};
  member.learner = true;
  members_.push_back(member);
  return std::nullopt;
}

Replay::Broken Replay::remove(const MemberRemove& remove) {
  ReplayedMember* member = remove.member_id().empty() ? learner_at(remove.learner_peer_url()) : member_of(remove.member_id());
  // A learner that was not added, or is a voter by now, is left alone.
  if (member == nullptr && remove.member_id().empty()) return std::nullopt;
  if (member == nullptr) return "only a listed member is removed";
  if (!quorum()) return "without a quorum no member is removed";
  const std::size_t voters_left = voters() - (member->learner ? 0 : 1);
  if (!has_quorum(voters_left, live_without(*member))) return "a removal leaves a quorum of those that are left";
  if (!member->learner && has_learner()) return "while there is a learner nothing else changes the membership";
  if (member->live && member->id == leader_id_) lose_leader();
  members_.erase(members_.begin() + (member - members_.data()));
  return std::nullopt;
}

// etcd's mayPromote: started, in sync, and a quorum of the new size.
Replay::Broken Replay::promote(const MemberPromote& promote) {
  ReplayedMember* member = learner_at(promote.peer_url());
  if (member == nullptr) return "only a learner is promoted";
  if (!quorum()) return "without a quorum no member is promoted";
  if (!member->started || !member->live) return "a learner is promoted once it serves";
  if (stores_differ()) return "nobody votes with a copy of a store while stores differ";
  if (!member->in_sync) return "a learner is promoted once it was waited for until it has caught up";
  if (!has_quorum(voters() + 1, live_voters() + 1)) return "a quorum of the new size is live when a learner is promoted";
  member->learner = false;
  return std::nullopt;
}

Replay::Broken Replay::update(const MemberUpdate& update) {
  ReplayedMember* member = member_of(update.member_id());
  if (member == nullptr) return "only a listed member's URL is changed";
  if (!quorum()) return "without a quorum no member's URL is changed";
  // Before 3.5.31 and 3.6.12 that makes it a voter (etcd#20793).
  if (member->learner) return "a learner's URL stays as it is";
  for (const ReplayedMember& other : members_) {
    if (&other != member && other.peer_urls.contains(update.peer_url()))
      return "no two members have one peer URL: " + update.peer_url();
  }
  member->peer_urls = {update.peer_url()};
  return std::nullopt;
}

Replay::Broken Replay::move_leader(const LeaderMove& move) {
  const ReplayedMember* member = member_of(move.to_member_id());
  if (member == nullptr || member->learner || !member->live) return "leadership is handed to a voter that serves";
  if (!quorum()) return "without a quorum there is no leadership to hand on";
  lose_leader();
  leader_id_ = member->id;
  return std::nullopt;
}

}  // namespace quorate
