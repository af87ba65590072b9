// SPDX-License-Identifier: Apache-2.0
#include "plans/kubeadm.h"

#include <catch2/catch.hpp>

namespace quorate {
namespace {

NodeFacts with_kubeadm(const std::string& version) {
  NodeFacts facts;
  Tool& tool = *facts.add_tools();
  tool.set_name("kubeadm");
  tool.set_version(version);
  return facts;
}

TEST_CASE("kubeadm's minor version is what it says itself, or not known", "[kubeadm]") {
  const auto [version, minor] = GENERATE(table<std::string, int>(
      {{"v1.20.2", 20}, {"v1.34.0-rc.1", 34}, {"v1.9.11", 9}, {"", -1}, {"v2.1.0", -1}, {"v1.x.0", -1}, {"v1.31", -1}}));
  CAPTURE(version);
  CHECK(kubeadm_minor(with_kubeadm(version)).value_or(-1) == minor);
  CHECK_FALSE(kubeadm_minor({}));
}

// The names that `kubeadm join --skip-phases` takes: one that a version does not know is an error there.
TEST_CASE("what a join leaves out at its end is named as the version names it", "[kubeadm]") {
  CHECK(phases_before_finish(20) == "preflight,control-plane-prepare,kubelet-start,control-plane-join/etcd");
  CHECK(phases_before_finish(30) == "preflight,control-plane-prepare,kubelet-start,control-plane-join/etcd");
  CHECK(phases_before_finish(31) == "preflight,control-plane-prepare,kubelet-start,control-plane-join/etcd,etcd-join");
  CHECK(phases_before_finish(34) == "preflight,control-plane-prepare,kubelet-start,control-plane-join/etcd,etcd-join");
}

TEST_CASE("a token's public half is a run's and a node's own, and as kubeadm wants it", "[kubeadm]") {
  const std::string id = kubeadm_token_id("1f2e3d4c5b6a", "node3");
  CHECK(id.size() == 6);
  CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos);
  CHECK(id == kubeadm_token_id("1f2e3d4c5b6a", "node3"));
  CHECK(id != kubeadm_token_id("1f2e3d4c5b6a", "node2"));
  CHECK(id != kubeadm_token_id("1f2e3d4c5b6b", "node3"));
}

TEST_CASE("manifests that a reset would delete are those that kubeadm does not make again", "[kubeadm]") {
  NodeFacts facts;
  facts.add_other_manifest_names("kube-vip.yaml");
  facts.add_other_manifest_names("kube-apiserver.yaml");
  facts.add_other_manifest_names("kube-scheduler.yaml");
  facts.add_parked_manifests("/var/lib/quorate/7e57/haproxy.yaml");
  facts.add_parked_manifests("/var/lib/quorate/7e57/kube-controller-manager.yaml");
  facts.add_parked_manifests("/var/lib/quorate/another/keepalived.yaml");
  facts.add_parked_manifests("/var/lib/quorate/7e57/etcd.yaml");
  facts.add_spare_manifests()->set_path("/var/lib/quorate/7e57/etcd.yaml");
  CHECK(manifests_of_others(facts, "7e57") == std::vector<std::string>{"haproxy.yaml", "kube-vip.yaml"});
}

}  // namespace
}  // namespace quorate
