// SPDX-License-Identifier: Apache-2.0
// A node's connection, held to a real sshd of this machine.
#include "engine/node_link.h"

#include <csignal>

#include <catch2/catch.hpp>

#include "schemas/spec.pb.h"
#include "tests/providers/ssh/sshd.h"

namespace quorate {
namespace {

using namespace std::chrono_literals;

class LinkToHere {
 public:
  LinkToHere() : link_(cluster(), member()) {}

  SshState::State look(std::chrono::milliseconds limit = 20s) {
    return link_.observe(std::chrono::steady_clock::now() + limit).ssh().state();
  }
  [[nodiscard]] const ssh::test::Sshd& sshd() const { return sshd_; }
  [[nodiscard]] bool has_node() const { return link_.node() != nullptr; }

 private:
  [[nodiscard]] ClusterSpec cluster() const {
    const ssh::Target target = sshd_.target();
    ClusterSpec spec;
    spec.mutable_ssh()->set_user(target.user);
    spec.mutable_ssh()->set_port(target.port);
    spec.mutable_ssh()->set_identity_file(target.identity_files.front());
    spec.mutable_ssh()->set_known_hosts_file(target.known_hosts_file);
    return spec;
  }
  [[nodiscard]] static MemberSpec member() {
    MemberSpec member;
    member.set_name("node1");
    member.set_host("127.0.0.1");
    return member;
  }

  ssh::test::Sshd sshd_;
  NodeLink link_;
};

// The run that this cost: its connections broke under a look, and it ended before a node was tried again, with its record left
// there.
TEST_CASE("a connection that breaks under a look is made anew by the next", "[link]") {
  LinkToHere link;
  REQUIRE(link.look() == SshState::REACHABLE);
  link.sshd().signal_sessions(SIGSTOP);
  CHECK(link.look(300ms) != SshState::REACHABLE);
  CHECK_FALSE(link.has_node());
  link.sshd().signal_sessions(SIGKILL);
  CHECK(link.look() == SshState::REACHABLE);
  CHECK(link.has_node());
}

}  // namespace
}  // namespace quorate
