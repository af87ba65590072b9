// SPDX-License-Identifier: Apache-2.0
// What only the fake can do: its clock, its data, and answers that are lost.
#include "tests/support/fake_etcd.h"

#include <catch2/catch.hpp>

namespace quorate::test {
namespace {

using namespace std::chrono_literals;

const etcd::Deadline never = etcd::Deadline::max();

TEST_CASE("a lost answer hides a change that was made", "[fake]") {
  FakeCluster cluster({"n1", "n2", "n3"});
  const auto client = cluster.client("n1");
  cluster.lose_next_answer();
  CHECK(client->add_learner(FakeCluster::peer_url("n4"), never).kind == Outcome::Kind::unknown);
  CHECK_FALSE(cluster.member_id("n4").empty());
  CHECK(client->add_learner(FakeCluster::peer_url("n4"), never).is_done());
}

TEST_CASE("five seconds after a start etcd takes new members again", "[fake]") {
  FakeCluster cluster({"n1", "n2", "n3"});
  const auto client = cluster.client("n1");
  cluster.stop("n3");
  REQUIRE(cluster.start("n3"));
  CHECK(client->add_learner(FakeCluster::peer_url("n4"), never).try_again);
  cluster.advance(4999ms);
  CHECK(client->add_learner(FakeCluster::peer_url("n4"), never).try_again);
  cluster.advance(1ms);
  CHECK(client->add_learner(FakeCluster::peer_url("n4"), never).is_done());
}

TEST_CASE("a learner that is behind is not promoted", "[fake]") {
  FakeCluster cluster({"n1"});
  const auto client = cluster.client("n1");
  REQUIRE(client->add_learner(FakeCluster::peer_url("n2"), never).is_done());
  cluster.fall_behind("n2");
  REQUIRE(cluster.start("n2"));
  cluster.advance(1min);
  CHECK(client->promote_member(cluster.member_id("n2"), never).try_again);
  cluster.catch_up("n2");
  CHECK(client->promote_member(cluster.member_id("n2"), never).is_done());
}

TEST_CASE("who may start", "[fake]") {
  FakeCluster cluster({"n1", "n2", "n3"});
  CHECK_FALSE(cluster.start("n4"));
  cluster.wipe("n3");
  CHECK_FALSE(cluster.start("n3"));
  const auto client = cluster.client("n1");
  REQUIRE(client->remove_member(cluster.member_id("n3"), never).is_done());
  REQUIRE(client->add_learner(FakeCluster::peer_url("n3"), never).is_done());
  CHECK(cluster.start("n3"));
  cluster.advance(5s);
  REQUIRE(client->remove_member(cluster.member_id("n2"), never).kind == Outcome::Kind::done);
  CHECK_FALSE(cluster.start("n2"));
}

TEST_CASE("data needs a quorum", "[fake]") {
  FakeCluster cluster({"n1", "n2", "n3"});
  REQUIRE(cluster.put("key", "value").is_done());
  cluster.stop("n1");
  CHECK(cluster.has_quorum());
  CHECK(cluster.leader_name() != "n1");
  CHECK(cluster.get("key").value() == "value");
  cluster.stop("n2");
  CHECK_FALSE(cluster.has_quorum());
  CHECK(cluster.leader_name().empty());
  CHECK_FALSE(cluster.put("key", "other").is_done());
  CHECK_FALSE(cluster.get("key").ok());
  REQUIRE(cluster.start("n2"));
  CHECK(cluster.get("key").value() == "value");
}

}  // namespace
}  // namespace quorate::test
