// SPDX-License-Identifier: Apache-2.0
// The connection itself: names, certificates, deadlines, servers that come back.
#include <thread>

#include <catch2/catch.hpp>

#include "tests/providers/etcd/real_cluster.h"

namespace quorate::etcd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

Deadline in(std::chrono::milliseconds time) { return Clock::now() + time; }

void wait_until_up(test::RealCluster& cluster) {
  const auto client = cluster.client("n1");
  std::string problem;
  for (int i = 0; i < 100; ++i) {
    const auto status = client->status(in(2s));
    if (status.ok() && !status->leader_id().empty()) return;
    problem = message_of(status.status());
    std::this_thread::sleep_for(100ms);
  }
  FAIL("etcd does not come up: " + problem + "\n" + cluster.log("n1"));
}

TEST_CASE("who is let in", "[real]") {
  test::RealCluster cluster({"n1"});
  wait_until_up(cluster);

  for (const std::string name : {"localhost", "127.0.0.1"}) {
    INFO(name);
    CHECK(cluster.client("n1", name, cluster.credentials())->status(in(3s)).ok());
  }
  SECTION("a wrong server name") {
    const auto client = cluster.client("n1", "other.example", cluster.credentials());
    CHECK(client->status(in(3s)).status().code() == absl::StatusCode::kUnavailable);
    const Outcome outcome = client->add_learner("https://127.0.0.1:1", in(3s));
    CHECK(outcome.kind == Outcome::Kind::not_done);
    CHECK(outcome.try_again);
  }
  SECTION("a foreign authority") {
    const auto foreign = test::make_authority("etcd-ca");
    const auto mixed = Credentials{foreign.certificate, cluster.credentials().certificate, cluster.credentials().key};
    CHECK(cluster.client("n1", "localhost", mixed)->status(in(3s)).status().code() == absl::StatusCode::kUnavailable);
  }
  SECTION("an expired client certificate") {
    const auto long_ago = std::chrono::system_clock::now() - 24h * 800;
    const auto expired = test::client_credentials(cluster.authority(), long_ago);
    const auto status = cluster.client("n1", "localhost", expired)->status(in(3s));
    CHECK(status.status().code() == absl::StatusCode::kUnavailable);
    // gRPC does not hand etcd's TLS alert on: the text says no more than that the connection failed.
    CHECK_THAT(message_of(status.status()), Catch::StartsWith("status: failed to connect"));
    CHECK_FALSE(cluster.client("n1", "localhost", expired)->remove_member("00000000000000ab", in(3s)).is_done());
  }
  SECTION("the key of another certificate") {
    const auto other = test::client_credentials(cluster.authority(), std::chrono::system_clock::now());
    const auto mixed = Credentials{other.authority, other.certificate, cluster.credentials().key};
    const auto status = cluster.client("n1", "localhost", mixed)->status(in(3s));
    CHECK_FALSE(status.ok());
    CAPTURE(message_of(status.status()));
  }
}

TEST_CASE("a client outlives its server's restart", "[real]") {
  test::RealCluster cluster({"n1"});
  wait_until_up(cluster);
  const auto client = cluster.client("n1");
  REQUIRE(client->status(in(3s)).ok());
  cluster.stop("n1");
  CHECK_FALSE(client->status(in(3s)).ok());
  cluster.start("n1", {});
  wait_until_up(cluster);
  const auto begun = Clock::now();
  bool answers = false;
  while (!answers && Clock::now() - begun < 5s) {
    answers = client->status(in(1s)).ok();
    if (!answers) std::this_thread::sleep_for(50ms);
  }
  CHECK(answers);
}

TEST_CASE("several threads share a client", "[real]") {
  test::RealCluster cluster({"n1"});
  wait_until_up(cluster);
  const auto client = cluster.client("n1");
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 20; ++j) answered += client->status(in(5s)).ok() ? 1 : 0;
      });
    }
  }
  CHECK(answered == 80);
}

TEST_CASE("a server that never answers ends by the deadline") {
  const test::TemporaryDirectory directory;
  const std::string path = (directory.path() / "socket").string();
  const test::SilentSocket silent(path);
  const auto credentials = test::client_credentials(test::make_authority("etcd-ca"), std::chrono::system_clock::now());
  const auto client = make_client(path, "localhost", credentials);
  REQUIRE(client.ok());
  const auto begun = Clock::now();
  CHECK((*client)->status(in(300ms)).status().code() == absl::StatusCode::kDeadlineExceeded);
  CHECK((*client)->remove_member("00000000000000ab", in(300ms)).kind == Outcome::Kind::unknown);
  CHECK((*client)->status(in(-1s)).status().code() == absl::StatusCode::kDeadlineExceeded);
  CHECK(Clock::now() - begun < 3s);
}

TEST_CASE("nobody listens: nothing was sent") {
  const test::TemporaryDirectory directory;
  const auto credentials = test::client_credentials(test::make_authority("etcd-ca"), std::chrono::system_clock::now());
  const auto client = make_client((directory.path() / "socket").string(), "localhost", credentials);
  REQUIRE(client.ok());
  CHECK((*client)->status(in(3s)).status().code() == absl::StatusCode::kUnavailable);
  const Outcome outcome = (*client)->remove_member("00000000000000ab", Deadline::max());
  CHECK(outcome.kind == Outcome::Kind::not_done);
  CHECK(outcome.try_again);
}

TEST_CASE("what is no credential is refused before anything is connected") {
  const auto good = test::client_credentials(test::make_authority("etcd-ca"), std::chrono::system_clock::now());
  const std::string garbage = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
  struct Row {
    std::string socket;
    std::string server_name;
    Credentials credentials;
  };
  const std::vector<Row> rows{
      {"/tmp/socket", "localhost", {"garbage", good.certificate, good.key}},
      {"/tmp/socket", "localhost", {garbage, good.certificate, good.key}},
      {"/tmp/socket", "localhost", {good.authority, "", good.key}},
      {"/tmp/socket", "localhost", {good.authority, std::string(good.key.expose()), good.key}},
      {"/tmp/socket", "localhost", {good.authority, good.certificate, Secret("garbage")}},
      {"/tmp/socket", "localhost", {good.authority, good.certificate, Secret(good.certificate)}},
      {"/tmp/socket", "", good},
      {"", "localhost", good},
      {"/" + std::string(200, 'a'), "localhost", good},
  };
  for (const Row& row : rows) {
    CHECK(make_client(row.socket, row.server_name, row.credentials).status().code() == absl::StatusCode::kInvalidArgument);
  }
  CHECK(make_client("/tmp/socket", "localhost", good).ok());
}

TEST_CASE("a key behind another block, or with a carriage return before each newline, is a key") {
  const auto good = test::client_credentials(test::make_authority("etcd-ca"), std::chrono::system_clock::now());
  const std::string key(good.key.expose());
  const std::string parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  CHECK(make_client("/tmp/socket", "localhost", {good.authority, good.certificate, Secret(parameters + key)}).ok());
  std::string returned;
  for (const char c : key) returned += c == '\n' ? "\r\n" : std::string(1, c);
  CHECK(make_client("/tmp/socket", "localhost", {good.authority, good.certificate, Secret(returned)}).ok());
}

}  // namespace
}  // namespace quorate::etcd
