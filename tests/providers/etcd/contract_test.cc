// SPDX-License-Identifier: Apache-2.0
#include "tests/providers/etcd/contract.h"

#include <thread>

#include <catch2/catch.hpp>

#include "tests/providers/etcd/real_cluster.h"
#include "tests/support/fake_etcd.h"

namespace quorate::test {
namespace {

class RealSubject : public Subject {
 public:
  explicit RealSubject(const std::vector<std::string>& voters) : cluster_(voters) {}
  std::string peer_url(const std::string& name) override { return cluster_.peer_url(name); }
  std::unique_ptr<etcd::Client> client(const std::string& name) override { return cluster_.client(name); }
  void start(const std::string& name, const MemberList& list) override { cluster_.start(name, list); }
  void stop(const std::string& name) override { cluster_.stop(name); }
  void put(const std::string& name, const std::string& key) override { cluster_.put(name, key); }
  void wait(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }

 private:
  RealCluster cluster_;
};

class FakeSubject : public Subject {
 public:
  explicit FakeSubject(const std::vector<std::string>& voters) : cluster_(voters) {}
  std::string peer_url(const std::string& name) override { return FakeCluster::peer_url(name); }
  std::unique_ptr<etcd::Client> client(const std::string& name) override { return cluster_.client(name); }
  void start(const std::string& name, const MemberList& /*list*/) override { REQUIRE(cluster_.start(name)); }
  void stop(const std::string& name) override { cluster_.stop(name); }
  void put(const std::string& /*name*/, const std::string& key) override { REQUIRE(cluster_.put(key, "value").is_done()); }
  void wait(std::chrono::milliseconds time) override { cluster_.advance(time); }

 private:
  FakeCluster cluster_;
};

TEST_CASE("etcd's contract, held by the fake", "[fake]") {
  check_contract([](const auto& voters) { return std::make_unique<FakeSubject>(voters); });
}

TEST_CASE("etcd's contract, held by the real one", "[real]") {
  check_contract([](const auto& voters) { return std::make_unique<RealSubject>(voters); });
}

}  // namespace
}  // namespace quorate::test
