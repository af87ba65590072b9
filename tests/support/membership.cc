// SPDX-License-Identifier: Apache-2.0
#include "tests/support/membership.h"

#include <algorithm>

namespace quorate::test {
namespace {

constexpr const char* unhealthy = "etcdserver: unhealthy cluster";
constexpr const char* not_enough_started = "etcdserver: re-configuration failed due to not enough started members";
constexpr const char* not_found = "etcdserver: member not found";
constexpr const char* timed_out = "etcdserver: request timed out";

constexpr std::size_t quorum_of(std::size_t voters) { return voters / 2 + 1; }

bool is_listed(const RuledMember& /*member*/) { return true; }
bool has_url(const RuledMember& member, const std::string& url) {
  return std::find(member.peer_urls.begin(), member.peer_urls.end(), url) != member.peer_urls.end();
}

}  // namespace

const RuledMember* Membership::by_id(const std::string& id) const {
  const auto found = std::find_if(members_.begin(), members_.end(), [&](const RuledMember& each) { return each.id == id; });
  return found == members_.end() ? nullptr : &*found;
}

const RuledMember* Membership::by_url(const std::string& peer_url) const {
  const auto found =
      std::find_if(members_.begin(), members_.end(), [&](const RuledMember& each) { return has_url(each, peer_url); });
  return found == members_.end() ? nullptr : &*found;
}

std::size_t Membership::voters(const std::function<bool(const RuledMember&)>& are) const {
  const auto count =
      std::count_if(members_.begin(), members_.end(), [&](const RuledMember& each) { return !each.learner && are(each); });
  return static_cast<std::size_t>(count);
}

bool Membership::has_quorum() const { return voters(&RuledMember::live) >= quorum_of(voters(is_listed)); }

bool Membership::has_all_voters() const { return voters(&RuledMember::connected) == voters(is_listed); }

bool Membership::depends_on_version_to_add() const {
  return !has_all_voters() && voters(&RuledMember::connected) >= quorum_of(voters(is_listed) + 1);
}

std::optional<Outcome> Membership::answer_to_add_learner(const std::string& peer_url) const {
  if (!has_all_voters()) return Outcome::not_yet(unhealthy);
  if (!has_quorum()) return Outcome::unknown(timed_out);
  if (const RuledMember* there = by_url(peer_url)) {
    if (there->learner) return Outcome::done(there->id);
    return Outcome::not_done("etcdserver: Peer URLs already exists: voter " + there->id);
  }
  const bool has_learner = members_.size() > voters(is_listed);
  if (has_learner) return Outcome::not_yet("etcdserver: too many learner members in cluster");
  return std::nullopt;
}

std::optional<Outcome> Membership::answer_to_remove(const std::string& id) const {
  const RuledMember* leaving = by_id(id);
  // etcd counts those that would be left before it looks whose ID that is.
  const bool is_learner = leaving != nullptr && leaving->learner;
  if (auto refused = is_learner ? std::nullopt : refusal_to_remove_voter(leaving)) return refused;
  if (!has_quorum()) return Outcome::unknown("Deadline Exceeded");
  if (leaving == nullptr) return Outcome::done(not_found);
  return std::nullopt;
}

std::optional<Outcome> Membership::refusal_to_remove_voter(const RuledMember* leaving) const {
  const auto stays = [&](const RuledMember& each) { return &each != leaving; };
  const std::size_t quorum = quorum_of(voters(stays));
  const std::size_t started = voters([&](const RuledMember& each) { return stays(each) && each.started; });
  if (voters(stays) == 0 || started < quorum) return Outcome::not_done(not_enough_started);
  // One that is down takes no part in the quorum: it may always go.
  if (leaving == nullptr || !leaving->live) return std::nullopt;
  if (voters(&RuledMember::connected) - 1 < quorum) return Outcome::not_yet(unhealthy);
  return std::nullopt;
}

std::optional<Outcome> Membership::answer_to_promote(const std::string& id) const {
  if (!has_quorum()) return Outcome::unknown("etcdserver: no leader");
  const RuledMember* member = by_id(id);
  if (member == nullptr) return Outcome::not_done(not_found);
  if (!member->learner) return Outcome::done("a voter already");
  if (!member->in_sync) return Outcome::not_yet("etcdserver: can only promote a learner member which is in sync with leader");
  const std::size_t started = voters(&RuledMember::started) + (member->started ? 1 : 0);
  if (started < quorum_of(voters(is_listed) + 1)) return Outcome::not_yet(not_enough_started);
  return std::nullopt;
}

std::optional<Outcome> Membership::answer_to_update(const std::string& id, const std::string& peer_url) const {
  if (!has_quorum()) return Outcome::unknown(timed_out);
  if (by_id(id) == nullptr) return Outcome::not_done(not_found);
  const bool is_anothers = std::any_of(members_.begin(), members_.end(),
                                       [&](const RuledMember& each) { return each.id != id && has_url(each, peer_url); });
  if (is_anothers) return Outcome::not_done("etcdserver: Peer URLs already exists");
  return std::nullopt;
}

std::optional<Outcome> Membership::answer_to_move_leader(const std::string& id) const {
  if (!has_quorum()) return Outcome::not_yet("etcdserver: not leader");
  const RuledMember* target = by_id(id);
  if (target == nullptr || target->learner) return Outcome::not_done("etcdserver: bad leader transferee");
  if (!target->live) return Outcome::unknown("etcdserver: request timed out, leader transfer took too long");
  return std::nullopt;
}

}  // namespace quorate::test
