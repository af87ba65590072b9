// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <thread>

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "providers/local/descriptor.h"
#include "tests/providers/ssh/sshd.h"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace quorate::ssh::test {
namespace {

SshState state_of(const Sshd& sshd, const Target& target, std::chrono::milliseconds time = 20s) {
  const auto result = connect(target, in(time), sshd.surroundings());
  CHECK((result.session != nullptr) == (result.state.state() == SshState::REACHABLE));
  return result.state;
}

std::string fingerprint(const Sshd& sshd, const std::string& key) {
  const std::string line = run_locally({"ssh-keygen", "-lf", sshd.directory().path(key + ".pub")});
  const std::size_t start = line.find("SHA256:");
  return line.substr(start, line.find(' ', start) - start);
}

// A real ssh-agent, ended with this.
class RealAgent {
 public:
  explicit RealAgent(const Sshd& sshd)
      : socket_(sshd.directory().path("agent")),
        log_(sshd.directory().path("agent.log")),
        process_({"ssh-agent", "-D", "-s", "-a", socket_}, log_) {
    setenv("SSH_AUTH_SOCK", socket_.c_str(), 1);
    // It says its number once it listens.
    const auto give_up = Clock::now() + 20s;
    while (read_file(log_).find("Agent pid") == std::string::npos) {
      REQUIRE(Clock::now() < give_up);
      std::this_thread::sleep_for(5ms);
    }
  }
  RealAgent(const RealAgent&) = delete;
  RealAgent& operator=(const RealAgent&) = delete;
  ~RealAgent() { unsetenv("SSH_AUTH_SOCK"); }
  void add(const std::string& file) const { run_locally({"ssh-add", "-q", file}); }
  void freeze() const { process_.freeze(); }
  void thaw() const { process_.thaw(); }

 private:
  std::string socket_;
  std::string log_;
  quorate::test::Process process_;
};

}  // namespace

TEST_CASE("a host that is not there") {
  const Sshd sshd;
  Target target = sshd.target();

  SECTION("nobody listens") {
    target.port = free_port();
    const SshState state = state_of(sshd, target);
    CHECK(state.state() == SshState::UNREACHABLE);
    CHECK_THAT(state.detail(), Contains("refused"));
  }
  SECTION("something listens and never says a word") {
    const Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener.get(), 1) == 0);
    REQUIRE(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    target.port = ntohs(address.sin_port);
    const auto began = Clock::now();
    const SshState state = state_of(sshd, target, 500ms);
    CHECK(Clock::now() - began < 5s);
    CHECK(state.state() == SshState::UNREACHABLE);
    CHECK_THAT(state.detail(), Contains("does not answer in time"));
  }
  SECTION("no such name") {
    target.host = "no-such-host.invalid";
    CHECK(state_of(sshd, target).state() == SshState::UNREACHABLE);
  }
  SECTION("a name that is an option") {
    target.host = "-oProxyCommand=touch x";
    CHECK(state_of(sshd, target).state() == SshState::SETTINGS_REFUSED);
  }
}

TEST_CASE("host keys") {
  const Sshd sshd;
  Target target = sshd.target();
  const auto know = [&](const std::string& lines) { target.known_hosts_file = sshd.directory().put("other_known_hosts", lines); };

  SECTION("unknown: it says the fingerprint and what to do") {
    know("");
    const SshState state = state_of(sshd, target);
    CHECK(state.state() == SshState::HOST_KEY_UNKNOWN);
    CHECK(state.fingerprint() == fingerprint(sshd, "host_ed25519"));
    CHECK_THAT(state.detail(), Contains(state.fingerprint()) && Contains(target.known_hosts_file) && Contains("ssh -p"));
  }
  SECTION("changed: it says the line and both keys") {
    const std::string host = "[127.0.0.1]:" + std::to_string(sshd.port()) + " ";
    know("# a comment\n" + host + read_file(sshd.directory().path("stranger.pub")));
    const SshState state = state_of(sshd, target);
    CHECK(state.state() == SshState::HOST_KEY_CHANGED);
    CHECK(state.fingerprint() == fingerprint(sshd, "host_ed25519"));
    CHECK_THAT(state.detail(), Contains(target.known_hosts_file + ":2") && Contains(fingerprint(sshd, "stranger")) &&
                                   Contains(state.fingerprint()));
  }
  SECTION("only the key of another type is known: that one is asked for") {
    know(sshd.known_host("ecdsa"));
    const SshState state = state_of(sshd, target);
    CHECK(state.state() == SshState::REACHABLE);
    CHECK(state.fingerprint() == fingerprint(sshd, "host_ecdsa"));
  }
  SECTION("the known type is not offered at all") {
    run_locally({"ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", sshd.directory().path("rsa")});
    know("[127.0.0.1]:" + std::to_string(sshd.port()) + " " + read_file(sshd.directory().path("rsa.pub")));
    CHECK(state_of(sshd, target).state() == SshState::HOST_KEY_CHANGED);
  }
  SECTION("hashed lines are read") {
    know(sshd.known_host("ed25519"));
    run_locally({"ssh-keygen", "-q", "-H", "-f", target.known_hosts_file});
    REQUIRE(read_file(target.known_hosts_file).starts_with("|1|"));
    CHECK(state_of(sshd, target).state() == SshState::REACHABLE);
  }
  SECTION("a revoked key is refused") {
    know(sshd.known_host("ed25519") + "@revoked * " + read_file(sshd.directory().path("host_ed25519.pub")));
    CHECK(state_of(sshd, target).state() == SshState::HOST_KEY_CHANGED);
  }
  SECTION("an authority cannot be honoured, and is named") {
    know("@cert-authority * " + read_file(sshd.directory().path("stranger.pub")));
    const SshState state = state_of(sshd, target);
    CHECK(state.state() == SshState::SETTINGS_REFUSED);
    CHECK_THAT(state.detail(), Contains("@cert-authority"));
  }
}

TEST_CASE("authentication") {
  unsetenv("SSH_AUTH_SOCK");
  const Sshd sshd;
  Target target = sshd.target();
  const std::string encrypted = sshd.directory().path("encrypted");
  run_locally({"cp", sshd.directory().path("identity"), encrypted});
  run_locally({"ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", encrypted});

  SECTION("a key that sshd does not know") {
    target.identity_files = {sshd.directory().path("stranger")};
    const SshState state = state_of(sshd, target);
    CHECK(state.state() == SshState::AUTHENTICATION_FAILED);
    CHECK_THAT(state.detail(), Contains("stranger") && Contains(target.user));
  }
  SECTION("the second key is the right one") {
    target.identity_files = {sshd.directory().path("stranger"), sshd.directory().path("identity")};
    CHECK(state_of(sshd, target).state() == SshState::REACHABLE);
  }
  SECTION("an encrypted key without an agent: nobody is asked") {
    target.identity_files = {encrypted};
    const SshState state = state_of(sshd, target);
    CHECK(state.state() == SshState::AUTHENTICATION_FAILED);
    CHECK_THAT(state.detail(), Contains("is encrypted") && Contains("ssh-add"));
  }
  SECTION("an encrypted key whose agent has it") {
    const RealAgent agent(sshd);
    agent.add(sshd.directory().path("identity"));
    target.identity_files = {encrypted};
    CHECK(state_of(sshd, target).state() == SshState::REACHABLE);
  }
  SECTION("more keys in the agent than sshd lets be tried: the named one is among the first") {
    const RealAgent agent(sshd);
    for (int index = 0; index < 8; ++index) {
      const std::string file = sshd.directory().path("extra" + std::to_string(index));
      run_locally({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file});
      agent.add(file);
    }
    agent.add(sshd.directory().path("identity"));
    target.identity_files = {encrypted};
    CHECK(state_of(sshd, target).state() == SshState::REACHABLE);
    target.identity_files = {sshd.directory().path("stranger")};
    const SshState state = state_of(sshd, target);
    CHECK(state.state() == SshState::AUTHENTICATION_FAILED);
    CHECK_THAT(state.detail(), Contains("Too many authentication failures"));
  }
  SECTION("IdentitiesOnly keeps the agent's other keys back") {
    const RealAgent agent(sshd);
    agent.add(sshd.directory().path("identity"));
    target.identity_files = {sshd.directory().path("stranger")};
    CHECK(connect(target, in(20s), sshd.surroundings()).session != nullptr);
    CHECK(connect(target, in(20s), sshd.surroundings("IdentitiesOnly yes\n")).state.state() == SshState::AUTHENTICATION_FAILED);
  }
  SECTION("an agent that hangs holds nobody") {
    const RealAgent agent(sshd);
    agent.add(sshd.directory().path("identity"));
    target.identity_files = {encrypted};
    agent.freeze();
    const auto began = Clock::now();
    CHECK(state_of(sshd, target, 1s).state() != SshState::REACHABLE);
    CHECK(Clock::now() - began < 10s);
    agent.thaw();
  }
}

TEST_CASE("the settings of ~/.ssh/config are honoured") {
  const Sshd sshd;
  Target bare;
  bare.name = "node1";
  bare.host = "cp1";
  const std::string configuration = "Host cp1\n  HostName 127.0.0.1\n  Port " + std::to_string(sshd.port()) + "\n  User " +
                                    sshd.target().user + "\n  IdentityFile " + sshd.directory().path("identity") +
                                    "\n  UserKnownHostsFile " + sshd.directory().path("alias_known_hosts") +
                                    "\n  HostKeyAlias node-one\n";
  sshd.directory().put("alias_known_hosts", "node-one " + read_file(sshd.directory().path("host_ed25519.pub")));
  const auto connected = connect(bare, in(20s), sshd.surroundings(configuration));
  INFO(connected.state.detail());
  CHECK(connected.state.state() == SshState::REACHABLE);

  const auto refused = connect(bare, in(20s), sshd.surroundings(configuration + "  ProxyCommand nc %h %p\n"));
  CHECK(refused.state.state() == SshState::SETTINGS_REFUSED);
  CHECK_THAT(refused.state.detail(), Contains("proxycommand"));
}

TEST_CASE("without an ssh program libssh reads the configuration") {
  const Sshd sshd;
  const auto connected = connect(sshd.target(), in(20s), {"/nonexistent/ssh"});
  INFO(connected.state.detail());
  CHECK(connected.state.state() == SshState::REACHABLE);
}

}  // namespace quorate::ssh::test
