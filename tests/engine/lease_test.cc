// SPDX-License-Identifier: Apache-2.0
// The lease of a run, on nodes in memory: how many must give it, who had it, and nodes that hang.
#include "engine/lease.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/fake_node.h"

namespace quorate {
namespace {

constexpr char record_path[] = "/var/lib/quorate/run.json";
constexpr char ended_path[] = "/var/lib/quorate/ended";

/// Answers a renewal only while another waits as well: what is asked one after another never gets an answer.
class Meeting {
 public:
  bool meet() {
    std::unique_lock lock(mutex_);
    ++present_;
    changed_.notify_all();
    return changed_.wait_for(lock, std::chrono::seconds(3), [this] { return present_ > 1; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int present_ = 0;
};

class TestNode : public test::FakeNode {
 public:
  using FakeNode::FakeNode;
  void set_meeting(Meeting* meeting) { meeting_ = meeting; }
  /// What it is asked for next it does, and the answer is lost.
  void lose_answer() { loses_answer_ = true; }
  node::LeaseResult take_lease(const RunRecord& record, const node::Claim& claim, node::Deadline deadline) override {
    const node::LeaseResult result = FakeNode::take_lease(record, claim, deadline);
    if (!std::exchange(loses_answer_, false)) return result;
    return {node::LeaseResult::Kind::failed, {}, "the connection broke"};
  }
  Outcome renew_lease(const node::Lease& lease, node::Deadline deadline) override {
    if (meeting_ != nullptr && !meeting_->meet()) return Outcome::unknown("it hung");
    return FakeNode::renew_lease(lease, deadline);
  }

 private:
  Meeting* meeting_ = nullptr;
  bool loses_answer_ = false;
};

/// Nodes n1, n2, ...; those that are hidden cannot be reached at all.
class TestWorld : public World {
 public:
  explicit TestWorld(int count) {
    for (int i = 1; i <= count; ++i) {
      names_.push_back("n" + std::to_string(i));
      nodes_[names_.back()] = std::make_shared<TestNode>(names_.back());
    }
  }
  /// A look makes the connections anew.
  Observation observe() override {
    for (const auto& [name, node] : nodes_) {
      if (node) node->set_reachable(true);
    }
    return {};
  }
  std::shared_ptr<node::Node> node(const std::string& name) override { return nodes_.at(name); }
  etcd::Client* client(const std::string& /*node*/) override { return nullptr; }

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  TestNode& fake(const std::string& name) { return *nodes_.at(name); }
  void hide(const std::string& name) { nodes_.at(name).reset(); }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::shared_ptr<TestNode>> nodes_;
};

RunRecord record_of(const std::string& run_id, const std::string& owner = "me@here") {
  RunRecord record;
  record.set_run_id(run_id);
  record.set_begun_as(run_id.substr(0, run_id.find('-')));
  record.set_owner(owner);
  return record;
}

TEST_CASE("a lease is on a majority of the spec's nodes, and one node that fails is passed over", "[lease]") {
  TestWorld world(3);
  world.fake("n2").set_reachable(false);
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  CHECK(lease.take({}, {}).ok());
  CHECK_FALSE(lease.minority());
}

TEST_CASE("a lease that a majority does not give is none, and nothing of it is left", "[lease]") {
  TestWorld world(3);
  world.fake("n2").set_reachable(false);
  world.fake("n3").set_reachable(false);
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  const absl::Status taken = lease.take({}, {});
  CHECK(absl::IsUnavailable(taken));
  CHECK(message_of(taken).find("n2") != std::string::npos);
  CHECK(message_of(taken).find("n3") != std::string::npos);
  CHECK_FALSE(world.fake("n1").exists(record_path));
}

TEST_CASE("where fewer than a majority can be reached, every one of them must give the lease", "[lease]") {
  TestWorld world(5);
  for (const char* name : {"n1", "n4", "n5"}) world.hide(name);
  SECTION("and does") {
    RunLease lease(world, world.names(), record_of("0123456789ab"));
    CHECK(lease.take({}, {}).ok());
    CHECK(lease.minority());
  }
  SECTION("and one does not") {
    world.fake("n3").set_reachable(false);
    RunLease lease(world, world.names(), record_of("0123456789ab"));
    CHECK(absl::IsUnavailable(lease.take({}, {})));
    CHECK_FALSE(world.fake("n2").exists(record_path));
  }
}

TEST_CASE("a connection that breaks right before the end leaves no lease behind", "[lease]") {
  TestWorld world(3);
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  REQUIRE(lease.take({}, {}).ok());
  world.fake("n3").set_reachable(false);
  CHECK(lease.release().empty());
  for (const std::string& name : world.names()) CHECK_FALSE(world.fake(name).exists(record_path));
}

TEST_CASE("a node that does not answer at the end is named with the reason, as it has the record still", "[lease]") {
  TestWorld world(3);
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  REQUIRE(lease.take({}, {}).ok());
  world.hide("n3");
  const std::vector<RunLease::NotDone> left = lease.release();
  REQUIRE(left.size() == 1);
  CHECK(left.front().node == "n3");
  CHECK(left.front().why == "it cannot be reached");
  CHECK_FALSE(world.fake("n1").exists(record_path));
  CHECK(lease.is_remembered());
  CHECK_THAT(world.fake("n1").file(ended_path)->content, Catch::StartsWith("0123456789ab ") && Catch::EndsWith(" done\n"));
}

TEST_CASE("a node whose answer was lost may have the record, and has it no more at the end", "[lease]") {
  TestWorld world(3);
  world.fake("n3").lose_answer();
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  SECTION("where it is not needed") {
    REQUIRE(lease.take({}, {}).ok());
    CHECK(world.fake("n3").exists(record_path));
    CHECK(lease.release().empty());
  }
  SECTION("where without it there is no run") { CHECK(absl::IsUnavailable(lease.take({}, {"n3"}))); }
  for (const std::string& name : world.names()) CHECK_FALSE(world.fake(name).exists(record_path));
}

TEST_CASE("a lease that no node can be asked for is none", "[lease]") {
  TestWorld world(1);
  world.hide("n1");
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  CHECK(absl::IsUnavailable(lease.take({}, {})));
}

TEST_CASE("a lease that is taken over says whose it was, and why it could be", "[lease]") {
  TestWorld world(3);
  RunLease before(world, world.names(), record_of("aaaaaaaaaaaa", "ops@there"));
  REQUIRE(before.take({}, {}).ok());
  CHECK(before.taken_over().empty());
  before.leave();
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  SECTION("not while it lives") { CHECK(absl::IsPermissionDenied(lease.take({}, {}))); }
  SECTION("expired") {
    for (const std::string& name : world.names()) world.fake(name).advance(std::chrono::seconds(61));
    REQUIRE(lease.take({"", {"aaaaaaaaaaaa"}}, {}).ok());
    CHECK(lease.taken_over() == "run aaaaaaaaaaaa of ops@there, which had expired");
  }
  SECTION("not where it had expired, and the plan knows nothing of its run") {
    for (const std::string& name : world.names()) world.fake(name).advance(std::chrono::seconds(61));
    const absl::Status taken = lease.take({"", {"bbbbbbbbbbbb"}}, {});
    CHECK(absl::IsPermissionDenied(taken));
    CHECK(message_of(taken).find("run aaaaaaaaaaaa of ops@there is unfinished on n1") != std::string::npos);
    CHECK(world.fake("n1").exists(record_path));
  }
  SECTION("of a process that has ended") {
    REQUIRE(lease.take({"aaaaaaaaaaaa"}, {}).ok());
    CHECK(lease.taken_over() == "run aaaaaaaaaaaa of ops@there, whose process has ended");
  }
}

TEST_CASE("an unfinished run whose lease cannot be had again is not forgotten", "[lease]") {
  TestWorld world(3);
  RunLease before(world, world.names(), record_of("aaaaaaaaaaaa-1"));
  REQUIRE(before.take({}, {}).ok());
  before.leave();
  world.fake("n2").set_reachable(false);
  world.fake("n3").set_reachable(false);
  RunLease lease(world, world.names(), record_of("aaaaaaaaaaaa-2"));
  CHECK(absl::IsUnavailable(lease.take({"aaaaaaaaaaaa-1"}, {}, {"n1", "n2", "n3"})));
  CHECK(world.fake("n1").exists(record_path));
}

TEST_CASE("a new run that cannot have its lease leaves nothing where an ended one's record was", "[lease]") {
  TestWorld world(3);
  RunLease ended(world, {"n1"}, record_of("aaaaaaaaaaaa-1"));
  REQUIRE(ended.take({}, {}).ok());
  ended.leave();
  world.fake("n2").set_reachable(false);
  world.fake("n3").set_reachable(false);
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  CHECK(absl::IsUnavailable(lease.take({"aaaaaaaaaaaa-1", {"aaaaaaaaaaaa"}}, {})));
  CHECK_FALSE(world.fake("n1").exists(record_path));
}

TEST_CASE("a run that was ended meanwhile is not brought back by who wanted to go on with it", "[lease]") {
  TestWorld world(3);
  RunLease before(world, world.names(), record_of("aaaaaaaaaaaa-1"));
  REQUIRE(before.take({}, {}).ok());
  before.leave();
  const node::Claim claim = {"aaaaaaaaaaaa-1", {"aaaaaaaaaaaa"}};
  RunLease ends_it(world, world.names(), record_of("aaaaaaaaaaaa-2"));
  const std::set<std::string> all(world.names().begin(), world.names().end());
  REQUIRE(ends_it.take(claim, {}, all).ok());
  REQUIRE(ends_it.release().empty());
  RunLease late(world, world.names(), record_of("aaaaaaaaaaaa-3"));
  CHECK(absl::IsPermissionDenied(late.take(claim, {}, all)));
  for (const std::string& name : world.names()) CHECK_FALSE(world.fake(name).exists(record_path));
}

TEST_CASE("a run whose record is on one node alone is not taken for ended where that does not answer", "[lease]") {
  TestWorld world(3);
  RunLease before(world, {"n3"}, record_of("aaaaaaaaaaaa-1"));
  REQUIRE(before.take({}, {}).ok());
  before.leave();
  const node::Claim claim = {"aaaaaaaaaaaa-1", {"aaaaaaaaaaaa"}};
  RunLease lease(world, world.names(), record_of("aaaaaaaaaaaa-2"));
  SECTION("at all") { world.fake("n3").set_reachable(false); }
  SECTION("in time") { world.fake("n3").lose_answer(); }
  CHECK(absl::IsUnavailable(lease.take(claim, {}, {"n3"})));
  CHECK(world.fake("n3").exists(record_path));
  CHECK_FALSE(world.fake("n1").exists(record_path));
  CHECK_FALSE(world.fake("n1").exists(ended_path));
}

TEST_CASE("once a run is undone its record says so, to whoever goes on with it", "[lease]") {
  TestWorld world(3);
  RunLease lease(world, world.names(), record_of("aaaaaaaaaaaa-1"));
  REQUIRE(lease.take({}, {}).ok());
  CHECK(lease.mark_abandoning());
  CHECK(lease.confirm());
  lease.leave();
  for (const std::string& name : world.names()) {
    const node::LeaseResult seen =
        world.fake(name).take_lease(record_of("bbbbbbbbbbbb"), {}, std::chrono::steady_clock::time_point::max());
    CHECK(seen.holder.run_id() == "aaaaaaaaaaaa-1");
    CHECK(seen.holder.abandoning());
  }
}

TEST_CASE("a lease is renewed on all nodes at once", "[lease]") {
  TestWorld world(3);
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  REQUIRE(lease.take({}, {}).ok());
  Meeting meeting;
  for (const std::string& name : world.names()) world.fake(name).set_meeting(&meeting);
  CHECK(lease.confirm());
}

TEST_CASE("a lease that only a minority of the spec's nodes renews is not confirmed", "[lease]") {
  TestWorld world(5);
  world.hide("n5");
  world.hide("n4");
  RunLease lease(world, world.names(), record_of("0123456789ab"));
  REQUIRE(lease.take({}, {}).ok());
  CHECK(lease.confirm());
  world.fake("n1").set_reachable(false);
  CHECK_FALSE(lease.confirm());
}

}  // namespace
}  // namespace quorate
