// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_etcd_client.h"

#include <algorithm>

#include "schemas/digest.h"

namespace quorate::test {
namespace {

using Lock = std::scoped_lock<std::mutex>;

const std::string not_connected = "failed to connect to all addresses";
const std::string request_timed_out = "etcdserver: request timed out";

bool is_identifier(const std::string& text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Outcome not_an_identifier(const std::string& text) { return Outcome::not_done("`" + text + "` is not a member ID"); }

}  // namespace

Member* FakeClient::asked() {
  const FakeCluster::State::Node& node = state_.nodes[name_];
  return node.live && node.serves ? state_.by_id(node.started_as) : nullptr;
}

Membership FakeClient::membership() { return state_.membership(asked()); }

std::optional<Outcome> FakeClient::not_answering() {
  const Member* here = asked();
  if (here == nullptr) return Outcome::not_yet(not_connected);
  if (here->learner()) return Outcome::not_done("etcdserver: rpc not supported for learner");
  return std::nullopt;
}

Outcome FakeClient::answered(Outcome outcome) {
  if (!std::exchange(state_.answer_lost, false)) return outcome;
  return Outcome::unknown("Socket closed");
}

absl::StatusOr<EndpointStatus> FakeClient::status(etcd::Deadline /*deadline*/) {
  const Lock lock(state_.mutex);
  const Member* here = asked();
  if (here == nullptr) return unavailable("status: " + not_connected);
  EndpointStatus status;
  status.set_cluster_id("f807356dda915864");
  status.set_member_id(here->id());
  status.set_version("3.4.23");
  status.set_leader_id(state_.leader_id);
  status.set_learner(here->learner());
  status.set_raft_term(state_.term);
  const auto index = static_cast<std::uint64_t>(state_.revision) + 10;
  status.set_raft_index(index);
  status.set_raft_applied_index(index);
  status.set_revision(state_.revision);
  status.set_database_bytes(20480);
  status.set_database_bytes_in_use(16384);
  if (state_.leader_id.empty()) status.add_errors("etcdserver: no leader");
  return status;
}

absl::StatusOr<MemberList> FakeClient::member_list(etcd::Consistency consistency, etcd::Deadline /*deadline*/) {
  const Lock lock(state_.mutex);
  const Member* here = asked();
  if (here == nullptr) return unavailable("member list: " + not_connected);
  if (here->learner()) return precondition("member list: etcdserver: rpc not supported for learner");
  if (consistency == etcd::Consistency::linearizable && !state_.has_quorum()) {
    return timed_out("member list: " + request_timed_out);
  }
  MemberList list;
  for (const Member& member : state_.members) *list.add_members() = member;
  return list;
}

absl::Status FakeClient::check_revision(const std::string& call, std::int64_t revision) {
  if (asked() == nullptr) return unavailable(call + ": " + not_connected);
  if (revision > state_.revision) return precondition(call + ": etcdserver: mvcc: required revision is a future revision");
  if (revision < state_.revision) return precondition(call + ": etcdserver: mvcc: required revision has been compacted");
  return absl::OkStatus();
}

// No database, and its SHA-256: enough for whoever takes it without looking in.
absl::Status FakeClient::snapshot(const etcd::SnapshotPart& part, std::chrono::milliseconds /*stall*/,
                                  const std::function<bool()>& stop) {
  std::string bytes;
  {
    const Lock lock(state_.mutex);
    if (asked() == nullptr) return unavailable("snapshot: " + not_connected);
    for (const auto& [key, value] : state_.data) bytes += key + "=" + value + "\n";
  }
  if (stop()) return cancelled("snapshot: interrupted");
  Sha256 digest;
  digest.add(bytes);
  absl::Status taken = part(bytes, 0);
  if (taken.ok()) taken = part(digest.finish(), 0);
  return taken;
}

absl::StatusOr<etcd::StoreHash> FakeClient::hash_of_store(std::int64_t revision, etcd::Deadline /*deadline*/) {
  const Lock lock(state_.mutex);
  const Member* here = asked();
  if (here != nullptr && here->learner()) return precondition("hash: etcdserver: rpc not supported for learner");
  const absl::Status checked = check_revision("hash", revision);
  if (!checked.ok()) return checked;
  std::size_t hash = 0;
  for (const auto& [key, value] : state_.data) hash = hash * 31 + std::hash<std::string>()(key + value);
  return etcd::StoreHash{static_cast<std::uint32_t>(hash), 0};
}

absl::StatusOr<std::uint64_t> FakeClient::count_keys(std::int64_t revision, etcd::Deadline /*deadline*/) {
  const Lock lock(state_.mutex);
  const absl::Status checked = check_revision("counting keys", revision);
  if (!checked.ok()) return checked;
  return state_.data.size();
}

Outcome FakeClient::add_learner(const std::string& peer_url, etcd::Deadline /*deadline*/) {
  const Lock lock(state_.mutex);
  if (auto refused = not_answering()) return *refused;
  if (auto answer = membership().answer_to_add_learner(peer_url)) return *answer;
  return answered(Outcome::done(state_.add_member(peer_url, true, "")));
}

Outcome FakeClient::remove_member(const std::string& member_id, etcd::Deadline /*deadline*/) {
  if (!is_identifier(member_id)) return not_an_identifier(member_id);
  const Lock lock(state_.mutex);
  if (auto refused = not_answering()) return *refused;
  if (auto answer = membership().answer_to_remove(member_id)) return *answer;
  state_.remove(member_id);
  return answered(Outcome::done());
}

Outcome FakeClient::promote_member(const std::string& member_id, etcd::Deadline /*deadline*/) {
  if (!is_identifier(member_id)) return not_an_identifier(member_id);
  const Lock lock(state_.mutex);
  if (auto refused = not_answering()) return *refused;
  // Of one that is not there a follower asks the leader over and over.
  const bool goes_round = state_.has_quorum() && state_.by_id(member_id) == nullptr && asked()->id() != state_.leader_id;
  if (goes_round) return Outcome::unknown(request_timed_out);
  if (auto answer = membership().answer_to_promote(member_id)) return *answer;
  state_.by_id(member_id)->set_learner(false);
  state_.elect();
  return answered(Outcome::done());
}

Outcome FakeClient::update_member(const std::string& member_id, const std::string& peer_url, etcd::Deadline /*deadline*/) {
  if (!is_identifier(member_id)) return not_an_identifier(member_id);
  const Lock lock(state_.mutex);
  if (auto refused = not_answering()) return *refused;
  if (auto answer = membership().answer_to_update(member_id, peer_url)) return *answer;
  Member* member = state_.by_id(member_id);
  member->clear_peer_urls();
  member->add_peer_urls(peer_url);
  return answered(Outcome::done());
}

Outcome FakeClient::delete_prefix(const std::string& prefix, etcd::Deadline /*deadline*/) {
  const Lock lock(state_.mutex);
  if (auto refused = not_answering()) return *refused;
  if (prefix.empty()) return Outcome::not_done("`` is not a prefix of keys");
  if (!state_.has_quorum()) return Outcome::unknown(request_timed_out);
  const std::size_t deleted = std::erase_if(state_.data, [&](const auto& pair) { return pair.first.rfind(prefix, 0) == 0; });
  if (deleted > 0) ++state_.revision;
  return Outcome::done(std::to_string(deleted) + " keys");
}

Outcome FakeClient::compact(etcd::Deadline /*deadline*/) {
  const Lock lock(state_.mutex);
  if (auto refused = not_answering()) return *refused;
  if (!state_.has_quorum()) return Outcome::unknown(request_timed_out);
  return Outcome::done("revision " + std::to_string(state_.revision));
}

Outcome FakeClient::defragment(etcd::Deadline /*deadline*/) {
  const Lock lock(state_.mutex);
  if (auto refused = not_answering()) return *refused;
  return Outcome::done();
}

// None is ever raised here.
Outcome FakeClient::disarm(const std::string& alarm, etcd::Deadline /*deadline*/) {
  if (alarm != "NOSPACE" && alarm != "CORRUPT") return Outcome::not_done("etcd has no alarm " + alarm);
  const Lock lock(state_.mutex);
  if (auto refused = not_answering()) return *refused;
  if (!state_.has_quorum()) return Outcome::not_yet(request_timed_out);
  return Outcome::done("0 raised");
}

Outcome FakeClient::move_leader(const std::string& to_member_id, etcd::Deadline /*deadline*/) {
  if (!is_identifier(to_member_id)) return not_an_identifier(to_member_id);
  const Lock lock(state_.mutex);
  const Member* here = asked();
  if (here == nullptr) return Outcome::not_yet(not_connected);
  const bool follows = !state_.leader_id.empty() && here->id() != state_.leader_id;
  if (follows) return Outcome::done("the leader is " + state_.leader_id);
  if (auto answer = membership().answer_to_move_leader(to_member_id)) return *answer;
  if (to_member_id != state_.leader_id) ++state_.term;
  state_.leader_id = to_member_id;
  return answered(Outcome::done());
}

}  // namespace quorate::test
