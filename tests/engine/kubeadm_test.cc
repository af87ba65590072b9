// SPDX-License-Identifier: Apache-2.0
// What one node is asked and the other is told, and that nobody else hears it.
#include "engine/kubeadm.h"

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/certificate_authority.h"
#include "tests/support/fake_node.h"

namespace quorate {
namespace {

std::string secret_after(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + key.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

/// Keeps what it is given, and answers as it is told to.
class ListeningNode : public test::FakeNode {
 public:
  using FakeNode::FakeNode;

  Outcome kubeadm_reset(const node::Lease& /*lease*/, const std::string& folder, const std::string& cri_socket,
                        node::Deadline /*deadline*/) override {
    heard.push_back("reset " + folder + (cri_socket.empty() ? "" : " by " + cri_socket));
    return Outcome::done();
  }
  Outcome kubeadm_invite(const node::Lease& /*lease*/, const Invite& invite, node::Invitation& invitation,
                         node::Deadline /*deadline*/) override {
    heard.push_back("invite " + invite.token_id + " for " + invite.node_name);
    configuration = invite.configuration.expose();
    invitation = {"vip.example.com:6443", "kubeadm.k8s.io/v1beta3", test::make_authority("kubernetes").certificate};
    return Outcome::done();
  }
  Outcome kubeadm_join(const node::Lease& /*lease*/, const std::string& folder, const Secret& given,
                       node::Deadline /*deadline*/) override {
    heard.push_back("join " + folder);
    configuration = given.expose();
    return complains ? Outcome::not_done("bad token " + secret_after(configuration, "token: ") + ", bad key " +
                                         secret_after(configuration, "certificateKey: "))
                     : Outcome::done();
  }
  Outcome run_command(const node::Lease& /*lease*/, const std::vector<std::string>& arguments,
                      node::Deadline /*deadline*/) override {
    heard.push_back(arguments.front() + " " + arguments.back());
    return Outcome::done();
  }

  std::vector<std::string> heard;
  std::string configuration;
  bool complains = false;
};

class TwoNodes : public World {
 public:
  Observation observe() override { return {}; }
  std::shared_ptr<node::Node> node(const std::string& name) override {
    if (name == "node1") return from;
    return name == "node3" ? joining : nullptr;
  }
  etcd::Client* client(const std::string& /*node*/) override { return nullptr; }

  std::shared_ptr<ListeningNode> from = std::make_shared<ListeningNode>("node1");
  std::shared_ptr<ListeningNode> joining = std::make_shared<ListeningNode>("node3");
};

KubeadmJoin wish() {
  KubeadmJoin join;
  join.set_node("node3");
  join.set_from_node("node1");
  join.set_token_id("abc123");
  join.set_node_name("node3");
  join.set_advertise_address("10.0.0.3");
  join.set_folder("/var/lib/quorate/7e57");
  join.set_data_directory("/var/lib/etcd");
  return join;
}

const node::Lease lease{"7e57"};

TEST_CASE("a node is reset before it is invited, and joined by what it was told", "[kubeadm]") {
  TwoNodes world;
  REQUIRE(join_by_kubeadm(wish(), lease, world).is_done());
  CHECK(world.joining->heard == std::vector<std::string>{"reset /var/lib/quorate/7e57", "join /var/lib/quorate/7e57"});
  CHECK(world.from->heard == std::vector<std::string>{"invite abc123 for node3"});
  const std::string& given = world.joining->configuration;
  CHECK(given.rfind("apiVersion: kubeadm.k8s.io/v1beta3\nkind: JoinConfiguration\n", 0) == 0);
  CHECK_THAT(given, Catch::Contains("apiServerEndpoint: \"vip.example.com:6443\""));
  CHECK_THAT(given, Catch::Contains("advertiseAddress: \"10.0.0.3\""));
  CHECK_THAT(given, Catch::Contains("caCertHashes: [\"sha256:"));
  CHECK_THAT(given, Catch::Contains("ignorePreflightErrors:\n  - \"DirAvailable--var-lib-etcd\"\ndiscovery"));
  // both were told the same secrets
  const std::string& asked = world.from->configuration;
  CHECK(secret_after(given, "token: ") == secret_after(asked, "token: "));
  CHECK(secret_after(given, "certificateKey: ") == secret_after(asked, "certificateKey: "));
  CHECK(secret_after(given, "certificateKey: ").size() == 64);
  CHECK(secret_after(given, "token: ").size() == 6 + 1 + 16);
}

TEST_CASE("kubeadm is told what the spec says of it", "[kubeadm]") {
  TwoNodes world;
  KubeadmJoin join = wish();
  join.set_cri_socket("unix:///run/crio/crio.sock");
  join.set_bind_port(8443);
  join.add_ignored_errors("Swap");
  REQUIRE(join_by_kubeadm(join, lease, world).is_done());
  CHECK(world.joining->heard.front() == "reset /var/lib/quorate/7e57 by unix:///run/crio/crio.sock");
  CHECK_THAT(world.from->configuration, Catch::Contains("\nnodeRegistration:\n  criSocket: \"unix:///run/crio/crio.sock\"\n"));
  CHECK_THAT(world.joining->configuration, Catch::Contains("\n  criSocket: \"unix:///run/crio/crio.sock\"\n"));
  CHECK_THAT(world.joining->configuration, Catch::Contains("  - \"Swap\"\ndiscovery"));
  CHECK_THAT(world.joining->configuration,
             Catch::Contains("localAPIEndpoint:\n    advertiseAddress: \"10.0.0.3\"\n    bindPort: 8443\n  certificateKey: "));
  REQUIRE(kubeadm_preflight(join, lease, world).is_done());
  CHECK_THAT(world.joining->configuration, Catch::Contains("\"Port-8443\"") && !Catch::Contains("Port-6443"));
}

TEST_CASE("kubeadm's checks come without a reset, and leave no token", "[kubeadm]") {
  TwoNodes world;
  world.joining->complains = GENERATE(false, true);
  CHECK(kubeadm_preflight(wish(), lease, world).is_done() != world.joining->complains);
  CHECK(world.joining->heard == std::vector<std::string>{"join "});
  CHECK(world.from->heard == std::vector<std::string>{"invite abc123 for ", "kubectl bootstrap-token-abc123"});
  CHECK_THAT(world.joining->configuration, Catch::Contains("FileAvailable--etc-kubernetes-kubelet.conf"));
}

TEST_CASE("what kubeadm complains of is passed on without its secrets, and no two joins have the same", "[kubeadm]") {
  TwoNodes world;
  world.joining->complains = true;
  const Outcome outcome = join_by_kubeadm(wish(), lease, world);
  CHECK(outcome.kind == Outcome::Kind::not_done);
  CHECK(outcome.detail == "bad token abc123.(a secret), bad key (a secret)");
  const std::string first = world.joining->configuration;
  const Outcome again = join_by_kubeadm(wish(), lease, world);
  CHECK(again.kind == Outcome::Kind::not_done);
  CHECK(secret_after(first, "token: ") != secret_after(world.joining->configuration, "token: "));
  CHECK(secret_after(first, "certificateKey: ") != secret_after(world.joining->configuration, "certificateKey: "));
}

TEST_CASE("a node that cannot be reached is asked again", "[kubeadm]") {
  TwoNodes world;
  KubeadmJoin join = wish();
  join.set_from_node("node2");
  CHECK(join_by_kubeadm(join, lease, world).try_again);
  CHECK(world.joining->heard.empty());
}

}  // namespace
}  // namespace quorate
