// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>

#include <catch2/catch.hpp>

#include "providers/node/ssh_node.h"
#include "tests/providers/node/contract.h"
#include "tests/support/local_session.h"

namespace quorate::test {
namespace {

using Kind = node::LeaseResult::Kind;
constexpr const char* record_path = "/var/lib/quorate/run.json";

TEST_CASE("a lease is taken, held, expires and is taken over by name") {
  const auto under_test = make_node_under_test(GENERATE(NodeKind::fake, NodeKind::scripts));
  node::Node& node = under_test->node();

  const node::LeaseResult first = node.take_lease(record_of("run-1"), {}, soon());
  REQUIRE(first.detail == "");
  REQUIRE(first.kind == Kind::taken);
  CHECK(first.holder.run_id() == "");
  CHECK(under_test->mode(record_path) == "600");

  SECTION("another run finds it held, and by whom") {
    under_test->age_lease(10);
    const node::LeaseResult second = node.take_lease(record_of("run-2"), {}, soon());
    REQUIRE(second.kind == Kind::held);
    CHECK(second.holder.run_id() == "run-1");
    CHECK(second.holder.owner() == "ops@desk");
    CHECK(second.holder.lease_age_seconds() >= 10);
    CHECK(node.take_lease(record_of("run-2"), {"run-3"}, soon()).kind == Kind::held);
  }
  SECTION("the same run takes it again") {
    const node::LeaseResult again = node.take_lease(record_of("run-1"), {}, soon());
    REQUIRE(again.kind == Kind::taken);
    CHECK(again.holder.run_id() == "run-1");
  }
  SECTION("after 60 seconds it is free, and the run that was there is shown") {
    under_test->age_lease(61);
    const node::LeaseResult second = node.take_lease(record_of("run-2"), {"", {"other", "run"}}, soon());
    REQUIRE(second.kind == Kind::taken);
    CHECK(second.holder.run_id() == "run-1");
    CHECK(node.renew_lease({"run-1"}, soon()).detail == "the lease of run run-1 on node1 is taken over by run run-2");
  }
  SECTION("but not to a plan that has not seen that run") {
    under_test->age_lease(61);
    const node::LeaseResult second = node.take_lease(record_of("run-2"), {"", {"other", "ru"}}, soon());
    REQUIRE(second.kind == Kind::unseen);
    CHECK(second.holder.run_id() == "run-1");
    CHECK(second.holder.owner() == "ops@desk");
    CHECK(node.take_lease(record_of("run-2"), {}, soon()).kind == Kind::unseen);
  }
  SECTION("it is taken over by name") {
    REQUIRE(node.take_lease(record_of("run-2"), {"run-1"}, soon()).kind == Kind::taken);
    CHECK(node.renew_lease({"run-2"}, soon()).is_done());
  }
  SECTION("unlock sets it free, for that run alone") {
    CHECK_FALSE(node.expire_lease("run-2", soon()).is_done());
    CHECK(node.expire_lease("run-1", soon()).is_done());
    CHECK(node.expire_lease("run-1", soon()).is_done());
    CHECK(node.take_lease(record_of("run-2"), {"", {"run"}}, soon()).kind == Kind::taken);
  }
  SECTION("renewing keeps it, and an expired one is not renewed") {
    under_test->age_lease(50);
    CHECK(node.renew_lease({"run-1"}, soon()).is_done());
    under_test->age_lease(50);
    CHECK(node.renew_lease({"run-1"}, soon()).is_done());
    under_test->age_lease(61);
    const Outcome late = node.renew_lease({"run-1"}, soon());
    CHECK(late.kind == Outcome::Kind::not_done);
    CHECK_THAT(late.detail, Catch::StartsWith("the lease of run run-1 on node1 is expired, "));
  }
  SECTION("released, twice, with what the run left for people") {
    under_test->write("/var/lib/quorate/NEXT.txt", "resume");
    under_test->make_directory("/var/lib/quorate/run");
    CHECK_FALSE(node.release_lease({"run-2"}, {"run-2"}, soon()).is_done());
    CHECK(node.release_lease({"run-1"}, {"run-1"}, soon()).is_done());
    CHECK(node.release_lease({"run-1"}, {"run-1"}, soon()).is_done());
    for (const char* gone : {"run.json", "NEXT.txt", "run"}) {
      CHECK_FALSE(under_test->exists(std::string("/var/lib/quorate/") + gone));
    }
    CHECK(node.renew_lease({"run-1"}, soon()).detail == "the lease of run run-1 on node1 is gone");
  }
  SECTION("its end is remembered once, and those of the 199 before it") {
    std::string before;
    for (int i = 1; i <= 205; ++i) before += "old-" + std::to_string(i) + " 1000 done\n";
    under_test->write("/var/lib/quorate/ended", before);
    REQUIRE(node.release_lease({"run-1"}, {"run"}, soon()).is_done());
    REQUIRE(node.take_lease(record_of("run-2"), {}, soon()).kind == Kind::taken);
    // Gone on with by another process.
    REQUIRE(node.release_lease({"run-2"}, {"run", true}, soon()).is_done());
    const absl::StatusOr<node::Probe> probe = node.probe(soon());
    REQUIRE(probe.ok());
    const auto& ended = probe->facts.ended_runs();
    CHECK(ended.size() == 199);
    CHECK(ended.begin()->begun_as() == "old-8");
    CHECK(ended.rbegin()->begun_as() == "run");
    CHECK(std::count_if(ended.begin(), ended.end(), [](const EndedRun& run) { return run.begun_as() == "run"; }) == 1);
    CHECK(ended.rbegin()->age_seconds() < 60);
    CHECK(ended.rbegin()->undone());
    CHECK_FALSE(ended.begin()->undone());
  }
  SECTION("what never began is not remembered") {
    CHECK(node.release_lease({"run-1"}, {}, soon()).is_done());
    CHECK_FALSE(under_test->exists("/var/lib/quorate/ended"));
    CHECK_FALSE(node.probe(soon())->facts.ended_runs_size() > 0);
  }
  SECTION("a folder that is not empty stays") {
    under_test->write("/var/lib/quorate/run/etcd.yaml", "parked");
    CHECK(node.release_lease({"run-1"}, {"run-1"}, soon()).is_done());
    CHECK(under_test->read("/var/lib/quorate/run/etcd.yaml") == "parked");
  }
  SECTION("a record that nobody can read is held while it is fresh") {
    under_test->write(record_path, "{ torn");
    const node::LeaseResult second = node.take_lease(record_of("run-2"), {}, soon());
    CHECK(second.kind == Kind::held);
    CHECK(second.detail != "");
    under_test->age_lease(61);
    CHECK(node.take_lease(record_of("run-2"), {}, soon()).kind == Kind::taken);
  }
}

TEST_CASE("an ID that is no plain word is refused before anything is sent") {
  const auto under_test = make_node_under_test(GENERATE(NodeKind::fake, NodeKind::scripts));
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("-x"), std::string("a/../b"), std::string("$(id)")}) {
    CHECK(under_test->node().take_lease(record_of(bad), {}, soon()).kind == Kind::failed);
    CHECK(under_test->node().renew_lease({bad}, soon()).kind == Outcome::Kind::not_done);
  }
}

TEST_CASE("of two runs that take an expired lease at once exactly one has it") {
  for (int round = 0; round < 5; ++round) {
    LocalSession session;
    const auto one = node::make_ssh_node("node1", session, "");
    const auto other = node::make_ssh_node("node1", session, "");
    REQUIRE(one->take_lease(record_of("old"), {}, soon()).kind == Kind::taken);
    REQUIRE(one->expire_lease("old", soon()).is_done());
    Kind first{};
    Kind second{};
    std::thread racer([&] { first = one->take_lease(record_of("run-1"), {"", {"old"}}, soon()).kind; });
    second = other->take_lease(record_of("run-2"), {"", {"old"}}, soon()).kind;
    racer.join();
    CHECK((first == Kind::taken) != (second == Kind::taken));
  }
}

TEST_CASE("a lease is renewed while a long command of the run is at work, but not taken over") {
  LocalSession session;
  const auto node = node::make_ssh_node("node1", session, "");
  REQUIRE(node->take_lease(record_of("run-1"), {}, soon()).kind == Kind::taken);
  Outcome ended;
  std::thread worker([&] { ended = node->run_command({"run-1"}, {"sleep", "2"}, soon()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  CHECK(node->renew_lease({"run-1"}, soon()).is_done());
  CHECK(node->put_file({"run-1"}, file("/etc/other", "x", "600"), std::chrono::steady_clock::now() + std::chrono::milliseconds(50))
            .kind == Outcome::Kind::not_done);
  worker.join();
  CHECK(ended.is_done());
}

}  // namespace
}  // namespace quorate::test
