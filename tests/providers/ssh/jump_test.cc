// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/providers/ssh/sshd.h"
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace quorate::ssh::test {
namespace {

struct Route {
  Sshd bastion;
  Sshd node;

  explicit Route(const std::string& options = "") : bastion(options) {}

  [[nodiscard]] std::string hop() const { return bastion.target().user + "@127.0.0.1:" + std::to_string(bastion.port()); }
  [[nodiscard]] Target target() const {
    Target target = node.target();
    target.proxy_jump = hop();
    target.identity_files = {bastion.directory().path("identity"), node.directory().path("identity")};
    target.known_hosts_file =
        node.directory().put("both_known_hosts", read_file(bastion.directory().path("known_hosts")) + node.known_host("ed25519"));
    return target;
  }
  [[nodiscard]] ConnectResult connect(const Target& to) const { return ssh::connect(to, in(30s), node.surroundings()); }
};

}  // namespace

TEST_CASE("a session through a jump host") {
  const Route route;
  auto result = route.connect(route.target());
  INFO(result.state.detail());
  REQUIRE(result.session != nullptr);
  const std::string bytes = noise(5U << 20U);
  const auto echoed = result.session->run(command({"cat"}, bytes), in(60s));
  REQUIRE(echoed.ok());
  CHECK((echoed->output == bytes));
}

TEST_CASE("several jumps, one after the other") {
  const Route route;
  Target target = route.target();
  target.proxy_jump = route.hop() + "," + route.hop();
  auto result = route.connect(target);
  INFO(result.state.detail());
  REQUIRE(result.session != nullptr);
  CHECK(result.session->run(command({"true"}), in(20s)).ok());
}

TEST_CASE("a jump host that forbids forwarding relays") {
  const Route route("DisableForwarding yes");
  auto result = route.connect(route.target());
  INFO(result.state.detail());
  REQUIRE(result.session != nullptr);
  CHECK(result.session->run(command({"true"}), in(20s)).ok());
}

TEST_CASE("what is wrong with the jump host is said of it") {
  const Route route;
  Target target = route.target();
  SECTION("its key is unknown") {
    target.known_hosts_file = route.node.directory().path("known_hosts");
    const auto result = route.connect(target);
    CHECK(result.state.state() == SshState::HOST_KEY_UNKNOWN);
    CHECK_THAT(result.state.detail(), Contains("the jump host " + route.hop()));
  }
  SECTION("it does not reach the host") {
    target.port = free_port();
    const auto result = route.connect(target);
    CHECK(result.state.state() == SshState::UNREACHABLE);
    CHECK_THAT(result.state.detail(), Contains("does not reach 127.0.0.1"));
  }
  SECTION("it is no host") {
    target.proxy_jump = "-oProxyCommand=x";
    CHECK(route.connect(target).state.state() == SshState::SETTINGS_REFUSED);
  }
}

TEST_CASE("a jump host that dies takes the session with it") {
  const Route route;
  auto result = route.connect(route.target());
  REQUIRE(result.session != nullptr);
  route.bastion.signal_sessions(SIGKILL);
  CHECK(absl::IsUnavailable(result.session->run(command({"sleep", "5"}), in(30s)).status()));
  // The channel's end may be seen a moment before the connection's.
  for (int i = 0; i < 100 && result.session->alive(); ++i) std::this_thread::sleep_for(50ms);
  CHECK_FALSE(result.session->alive());
}

TEST_CASE("a jump host of ~/.ssh/config has settings of its own there") {
  const Route route;
  const auto host = [](const std::string& name, const Sshd& sshd) {
    return "Host " + name + "\n  HostName 127.0.0.1\n  Port " + std::to_string(sshd.port()) + "\n  User " + sshd.target().user +
           "\n  IdentityFile " + sshd.directory().path("identity") + "\n  UserKnownHostsFile " +
           sshd.directory().path("known_hosts") + "\n";
  };
  // The jump host is matched by the pattern too, and must not jump to itself.
  const std::string configuration = host("bastion", route.bastion) + host("cp1", route.node) + "Host *\n  ProxyJump bastion\n";
  Target target;
  target.name = "cp1";
  target.host = "cp1";
  const auto result = ssh::connect(target, in(30s), route.node.surroundings(configuration));
  INFO(result.state.detail());
  REQUIRE(result.session != nullptr);
  CHECK(result.session->run(command({"true"}), in(20s)).ok());
  route.bastion.signal_sessions(SIGKILL);
  CHECK_FALSE(result.session->run(command({"sleep", "5"}), in(20s)).ok());
}

}  // namespace quorate::ssh::test
