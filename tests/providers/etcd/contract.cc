// SPDX-License-Identifier: Apache-2.0
#include "tests/providers/etcd/contract.h"

#include <map>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "schemas/digest.h"

namespace quorate::test {
namespace {

using namespace std::chrono_literals;
using etcd::Consistency;

// Far more than etcd's own seven seconds for a request: a busy machine is no broken rule.
etcd::Deadline soon() { return std::chrono::steady_clock::now() + 30s; }
etcd::Deadline very_soon() { return std::chrono::steady_clock::now() + 2s; }

enum class Expected { done, not_done, not_yet, unknown };

Expected kind_of(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::done: return Expected::done;
    case Outcome::Kind::not_done: return outcome.try_again ? Expected::not_yet : Expected::not_done;
    case Outcome::Kind::unknown: break;
  }
  return Expected::unknown;
}

void expect(const Outcome& outcome, Expected kind, const std::string& text = "") {
  INFO("etcd said: " << outcome.detail);
  CHECK(kind_of(outcome) == kind);
  CHECK_THAT(outcome.detail, Catch::Contains(text));
}

// One cluster with what the scenarios need to say about it.
class Scene {
 public:
  Scene(const MakeSubject& make_subject, const std::vector<std::string>& voters) : subject_(make_subject(voters)) {
    for (const std::string& name : voters) at(name);
    REQUIRE(eventually([&] { return !leader().empty(); }));
  }

  etcd::Client& at(const std::string& name) {
    std::unique_ptr<etcd::Client>& client = clients_[name];
    if (client == nullptr) client = subject_->client(name);
    return *client;
  }

  Subject& subject() { return *subject_; }

  bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = 20s) {
    for (auto waited = 0ms; waited < limit; waited += 250ms) {
      if (holds()) return true;
      subject_->wait(250ms);
    }
    return holds();
  }

  // etcd never answers a change of members that comes before the last one is applied: raft proposes an empty entry in its place
  // ("ignored since pending unapplied configuration"). Seen where the disk is slow.
  Outcome answered(const std::function<Outcome()>& change) {
    Outcome outcome = change();
    for (int more = 0; more < 2 && kind_of(outcome) == Expected::unknown; ++more) outcome = change();
    return outcome;
  }

  Outcome add_learner(const std::string& asked, const std::string& name) {
    return answered([&] { return at(asked).add_learner(subject_->peer_url(name), soon()); });
  }
  Outcome remove(const std::string& asked, const std::string& id) {
    return answered([&] { return at(asked).remove_member(id, soon()); });
  }
  Outcome promote(const std::string& asked, const std::string& id) {
    return answered([&] { return at(asked).promote_member(id, soon()); });
  }
  Outcome update(const std::string& asked, const std::string& id, const std::string& peer_url) {
    return answered([&] { return at(asked).update_member(id, peer_url, soon()); });
  }

  // Tries again as long as the outcome says so: the last one is what counts.
  Outcome persist(const std::function<Outcome()>& change) {
    Outcome outcome = change();
    eventually([&] {
      if (outcome.try_again) outcome = change();
      return !outcome.try_again;
    });
    return outcome;
  }

  // The name of the leader, by what all live nodes say; empty: none, or they differ.
  std::string leader() {
    std::set<std::string> leaders;
    std::string name;
    for (const auto& [each, client] : clients_) {
      const auto status = client->status(very_soon());
      if (!status.ok()) continue;
      leaders.insert(status->leader_id());
      if (status->leader_id() == status->member_id()) name = each;
    }
    return leaders.size() == 1 ? name : "";
  }

  MemberList list(const std::string& name) {
    const auto list = at(name).member_list(Consistency::linearizable, soon());
    REQUIRE(list.ok());
    return *list;
  }

  std::string id_of(const std::string& name, const std::string& asked) {
    const MemberList members = list(asked);
    for (const Member& member : members.members()) {
      if (member.peer_urls(0) == subject_->peer_url(name)) return member.id();
    }
    return "";
  }

  Outcome add(const std::string& name, const std::string& asked) {
    return persist([&] { return add_learner(asked, name); });
  }

  void join(const std::string& name, const std::string& asked) {
    expect(add(name, asked), Expected::done);
    subject_->start(name, list(asked));
    const std::string id = id_of(name, asked);
    expect(persist([&] { return promote(asked, id); }), Expected::done);
  }

 private:
  std::unique_ptr<Subject> subject_;
  std::map<std::string, std::unique_ptr<etcd::Client>> clients_;
};

void check_reads(Scene& scene, const std::string& leader) {
  const auto status = scene.at(leader).status(soon());
  REQUIRE(status.ok());
  CHECK(status->cluster_id().size() == 16);
  CHECK(status->member_id() == status->leader_id());
  CHECK(status->member_id() == scene.id_of(leader, leader));
  CHECK_FALSE(status->learner());
  CHECK(status->raft_term() >= 2);
  CHECK(status->raft_index() >= status->raft_applied_index());
  CHECK(status->revision() >= 1);
  CHECK(status->database_bytes() >= status->database_bytes_in_use());
  CHECK(status->version().rfind("3.", 0) == 0);
  CHECK(status->errors_size() == 0);

  const MemberList members = scene.list(leader);
  REQUIRE(members.members_size() == 3);
  for (int i = 0; i + 1 < members.members_size(); ++i) CHECK(members.members(i).id() < members.members(i + 1).id());
  for (const Member& member : members.members()) {
    CHECK(member.id().size() == 16);
    CHECK(member.name().size() == 2);
    CHECK(member.client_urls_size() == 1);
    CHECK_FALSE(member.learner());
  }
}

// All of it is the SHA-256 of what was before, behind that.
void check_snapshot(Scene& scene, const std::string& name) {
  std::string bytes;
  const auto take = [&](std::string_view part, std::uint64_t /*remaining*/) {
    bytes += part;
    return absl::OkStatus();
  };
  const auto never = [] { return false; };
  REQUIRE(scene.at(name).snapshot(take, 10s, never).ok());
  REQUIRE(bytes.size() >= 32);
  const std::string trailer = bytes.substr(bytes.size() - 32);
  Sha256 digest;
  digest.add(bytes.substr(0, bytes.size() - 32));
  CHECK(digest.finish() == trailer);

  const auto full = [](std::string_view /*part*/, std::uint64_t /*remaining*/) { return unavailable("the disk is full"); };
  CHECK(message_of(scene.at(name).snapshot(full, 10s, never)) == "the disk is full");
  const auto stopped = scene.at(name).snapshot(
      [](std::string_view /*part*/, std::uint64_t /*remaining*/) {
        std::this_thread::sleep_for(500ms);
        return absl::OkStatus();
      },
      10s, [] { return true; });
  CHECK(stopped.code() == absl::StatusCode::kCancelled);
}

void check_store(Scene& scene) {
  const auto status = scene.at("n1").status(soon());
  REQUIRE(status.ok());
  const std::int64_t revision = status->revision();
  const auto hash = scene.at("n1").hash_of_store(revision, soon());
  REQUIRE(hash.ok());
  for (const char* name : {"n2", "n3"}) {
    const auto other = scene.at(name).hash_of_store(revision, soon());
    REQUIRE(other.ok());
    CHECK(other->hash == hash->hash);
  }
  const auto keys = scene.at("n2").count_keys(revision, soon());
  REQUIRE(keys.ok());
  CHECK(*keys == 0);
  CHECK(scene.at("n1").count_keys(revision + 100, soon()).status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(scene.at("n1").hash_of_store(revision + 100, soon()).status().code() == absl::StatusCode::kFailedPrecondition);
}

// Below the prefix, and nothing beside it.
void check_deleting(Scene& scene) {
  for (const char* key : {"registry/leases/1", "registry/leases/2", "registry/leased", "registry/lease"})
    scene.subject().put("n1", key);
  expect(scene.at("n2").delete_prefix("registry/leases/", soon()), Expected::done, "2 keys");
  expect(scene.at("n2").delete_prefix("registry/leases/", soon()), Expected::done, "0 keys");
  expect(scene.at("n2").delete_prefix("", soon()), Expected::not_done, "is not a prefix");
  const auto status = scene.at("n2").status(soon());
  REQUIRE(status.ok());
  CHECK(scene.at("n2").count_keys(status->revision(), soon()).value() == 2);
}

// What makes space, each twice as after a lost answer.
void check_making_space(Scene& scene) {
  scene.subject().put("n1", "history");
  const auto before = scene.at("n1").status(soon());
  REQUIRE(before.ok());
  scene.subject().put("n1", "history");
  for (int i = 0; i < 2; ++i) {
    expect(scene.at("n2").compact(soon()), Expected::done);
    expect(scene.at("n2").defragment(soon()), Expected::done);
    expect(scene.at("n3").disarm("NOSPACE", soon()), Expected::done, "0 raised");
  }
  expect(scene.at("n3").disarm("NOISE", soon()), Expected::not_done, "no alarm NOISE");
  CHECK(scene.at("n1").count_keys(before->revision(), soon()).status().code() == absl::StatusCode::kFailedPrecondition);
  const auto after = scene.at("n2").status(soon());
  REQUIRE(after.ok());
  // Compacted to its newest revision, a store still has a hash at it.
  const auto hash = scene.at("n1").hash_of_store(after->revision(), soon());
  REQUIRE(hash.ok());
  CHECK(scene.at("n2").hash_of_store(after->revision(), soon()).value().hash == hash->hash);
}

void check_adding(Scene& scene, const std::string& leader, const std::string& follower) {
  expect(scene.add("n4", leader), Expected::done);
  const std::string learner = scene.id_of("n4", leader);
  expect(scene.add_learner(leader, "n4"), Expected::done, learner);
  expect(scene.add_learner(follower, "n4"), Expected::done, learner);
  expect(scene.add_learner(leader, follower), Expected::not_done, "Peer URLs already exists");
  expect(scene.add_learner(leader, "n5"), Expected::not_yet, "too many learner");
  const MemberList members = scene.list(leader);
  REQUIRE(members.members_size() == 4);
  for (const Member& member : members.members()) {
    CHECK(member.learner() == (member.id() == learner));
    CHECK(member.name().empty() == (member.id() == learner));
  }
}

void check_promoting(Scene& scene, const std::string& leader, const std::string& follower) {
  const std::string learner = scene.id_of("n4", leader);
  expect(scene.promote(leader, learner), Expected::not_yet, "in sync with leader");
  expect(scene.promote(follower, learner), Expected::not_yet, "in sync with leader");
  expect(scene.promote(leader, scene.id_of(follower, leader)), Expected::done);
  expect(scene.promote(leader, "00000000000000ab"), Expected::not_done, "member not found");
  expect(scene.promote(leader, "not an ID"), Expected::not_done, "is not a member ID");

  scene.subject().start("n4", scene.list(leader));
  const auto promoted = scene.persist([&] { return scene.promote(follower, learner); });
  expect(promoted, Expected::done);
  expect(scene.promote(leader, learner), Expected::done);
  CHECK(scene.eventually([&] {
    const auto status = scene.at("n4").status(very_soon());
    return status.ok() && status->member_id() == learner && !status->learner();
  }));
}

void check_updating(Scene& scene, const std::string& leader, const std::string& follower) {
  const std::string own = scene.subject().peer_url("n4");
  expect(scene.update(leader, scene.id_of("n4", leader), own), Expected::done);
  expect(scene.update(leader, scene.id_of(follower, leader), own), Expected::not_done, "already exists");
  expect(scene.update(leader, "00000000000000ab", "https://127.0.0.1:1"), Expected::not_done, "member not found");
  expect(scene.update(leader, "zz", own), Expected::not_done, "is not a member ID");
}

// Returns the new leader.
std::string check_moving(Scene& scene, const std::string& leader, const std::string& follower) {
  const std::string target = scene.id_of(follower, leader);
  expect(scene.at(leader).move_leader("00000000000000ab", soon()), Expected::not_done, "bad leader transferee");
  expect(scene.at(leader).move_leader("", soon()), Expected::not_done, "is not a member ID");
  expect(scene.at(leader).move_leader(target, soon()), Expected::done);
  REQUIRE(scene.eventually([&] { return scene.leader() == follower; }));
  expect(scene.at(leader).move_leader(target, soon()), Expected::done, target);
  expect(scene.at(follower).move_leader(target, soon()), Expected::done);
  return follower;
}

void check_removing(Scene& scene, const std::string& leader) {
  const std::string id = scene.id_of("n4", leader);
  // etcd counts a live member only after five seconds: until then its removal looks dangerous.
  scene.subject().wait(6s);
  expect(scene.remove(leader, id), Expected::done);
  expect(scene.remove(leader, id), Expected::done, "member not found");
  expect(scene.remove(leader, "00000000000000ab"), Expected::done, "member not found");
  expect(scene.remove(leader, ""), Expected::not_done, "is not a member ID");
  CHECK(scene.list(leader).members_size() == 3);
  scene.subject().stop("n4");
}

void check_one_down(Scene& scene, const std::string& leader, const std::string& other, const std::string& down) {
  const std::string down_id = scene.id_of(down, leader);
  scene.subject().stop(down);
  scene.subject().wait(1s);
  expect(scene.add_learner(leader, "n5"), Expected::not_yet, "unhealthy cluster");
  expect(scene.remove(leader, scene.id_of(other, leader)), Expected::not_yet, "unhealthy cluster");
  expect(scene.add_learner(down, "n5"), Expected::not_yet, "connect");
  CHECK(scene.at(down).status(very_soon()).status().code() == absl::StatusCode::kUnavailable);
  // A voter that is down is out of sync for etcd, and a voter still.
  expect(scene.promote(leader, down_id), Expected::done);
  expect(scene.at(leader).move_leader(down_id, soon()), Expected::unknown);
}

void check_no_quorum(Scene& scene, const std::string& alone, const std::string& other, const std::string& down) {
  const std::string down_id = scene.id_of(down, alone);
  scene.subject().stop(other);
  CHECK(scene.eventually([&] {
    const auto status = scene.at(alone).status(very_soon());
    return status.ok() && status->leader_id().empty() && status->errors_size() == 1;
  }));
  const auto list = scene.at(alone).member_list(Consistency::serializable, very_soon());
  REQUIRE(list.ok());
  CHECK(list->members_size() == 3);
  check_snapshot(scene, alone);
  CHECK(scene.at(alone).hash_of_store(scene.at(alone).status(very_soon())->revision(), very_soon()).ok());
  CHECK(scene.at(alone).count_keys(scene.at(alone).status(very_soon())->revision(), very_soon()).status().ok());
  expect(scene.at(alone).remove_member(down_id, very_soon()), Expected::unknown);
  expect(scene.at(alone).add_learner(scene.subject().peer_url("n5"), very_soon()), Expected::not_yet, "unhealthy");
  expect(scene.at(alone).promote_member(down_id, very_soon()), Expected::unknown);
  expect(scene.at(alone).update_member(down_id, scene.subject().peer_url(down), very_soon()), Expected::unknown);
  expect(scene.at(alone).move_leader(down_id, very_soon()), Expected::not_yet, "not leader");
}

void check_return(Scene& scene, const std::string& alone, const std::string& other, const std::string& down) {
  scene.subject().start(other, {});
  CHECK(scene.eventually([&] { return !scene.leader().empty(); }));
  const std::string down_id = scene.id_of(down, alone);
  expect(scene.persist([&] { return scene.remove(alone, down_id); }), Expected::done);
  CHECK(scene.list(alone).members_size() == 2);
}

void check_single(Scene& scene) {
  const std::string only = scene.id_of("n1", "n1");
  expect(scene.remove("n1", only), Expected::not_done, "not enough started members");
  expect(scene.at("n1").move_leader(only, soon()), Expected::done);
  expect(scene.add("n2", "n1"), Expected::done);
  const std::string first = scene.id_of("n2", "n1");
  expect(scene.remove("n1", first), Expected::done);
  expect(scene.add("n2", "n1"), Expected::done);
  const std::string second = scene.id_of("n2", "n1");
  CHECK(second != first);
  scene.subject().start("n2", scene.list("n1"));
  CHECK(scene.eventually([&] {
    const auto status = scene.at("n2").status(very_soon());
    return status.ok() && status->learner();
  }));
  CHECK(scene.at("n2").member_list(Consistency::serializable, very_soon()).status().code() ==
        absl::StatusCode::kFailedPrecondition);
  expect(scene.add_learner("n2", "n3"), Expected::not_done, "not supported for learner");
  CHECK(scene.at("n2").hash_of_store(1, very_soon()).status().code() == absl::StatusCode::kFailedPrecondition);
  expect(scene.at("n1").move_leader(second, soon()), Expected::not_done, "bad leader transferee");
}

}  // namespace

void check_contract(const MakeSubject& make_subject) {
  SECTION("a life of three voters and a learner") {
    Scene scene(make_subject, {"n1", "n2", "n3"});
    const std::string first = scene.leader();
    const std::string second = first == "n1" ? "n2" : "n1";
    const std::string third = first == "n3" ? "n2" : "n3";
    check_reads(scene, first);
    check_snapshot(scene, second);
    check_store(scene);
    check_deleting(scene);
    check_making_space(scene);
    check_adding(scene, first, second);
    check_promoting(scene, first, second);
    check_updating(scene, first, second);
    const std::string leader = check_moving(scene, first, second);
    check_removing(scene, leader);
    check_one_down(scene, leader, first, third);
    check_no_quorum(scene, leader, first, third);
    check_return(scene, leader, first, third);
  }
  SECTION("a single voter and its learner") {
    Scene scene(make_subject, {"n1"});
    check_single(scene);
  }
}

}  // namespace quorate::test
