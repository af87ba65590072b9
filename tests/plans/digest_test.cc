// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include <catch2/catch.hpp>

#include "plans/assess.h"
#include "plans/plan.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

std::string digest_of(const Spec& spec, const Observation& observation) {
  return facts_digest(facts_that_matter(observation, assess(spec, observation, {}).situation));
}

std::string digest_of(const ScriptedCluster& cluster) { return digest_of(cluster.spec, cluster.observe()); }

ScriptedCluster broken() {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  tell_node(cluster, "node3", {"data", "stale"});
  return cluster;
}

TEST_CASE("what changes while nothing happens does not change the digest of the facts", "[digest]") {
  const ScriptedCluster cluster = broken();
  Observation observation = cluster.observe();
  const std::string before = digest_of(cluster.spec, observation);
  observation.set_taken_at_seconds(observation.taken_at_seconds() + 300);
  for (NodeObservation& node : *observation.mutable_nodes()) {
    NodeFacts& facts = *node.mutable_facts();
    facts.set_clock_skew_milliseconds(-40);
    facts.mutable_data_directory()->set_free_bytes(1);
    facts.mutable_data_directory()->set_newest_wal("0000000000000009-0000000000015000.wal");
    if (!node.endpoint().has_status()) continue;
    EndpointStatus& status = *node.mutable_endpoint()->mutable_status();
    status.set_raft_index(status.raft_index() + 5000);
    status.set_raft_applied_index(status.raft_applied_index() + 5000);
    status.set_revision(status.revision() + 5000);
    status.set_database_bytes(99);
    status.set_raft_term(8);
  }
  CHECK(digest_of(cluster.spec, observation) == before);
}

TEST_CASE("another leader does not change the digest of the facts", "[digest]") {
  ScriptedCluster cluster = broken();
  const std::string before = digest_of(cluster);
  cluster.leader_id = scripted_id("node2");
  CHECK(digest_of(cluster) == before);
}

TEST_CASE("a container in the kubelet's back-off reads as one condition, running or exited", "[digest]") {
  const ScriptedCluster cluster = broken();
  Observation observation = cluster.observe();
  const std::string before = digest_of(cluster.spec, observation);
  NodeFacts& facts = *observation.mutable_nodes(2)->mutable_facts();
  const Container exited = facts.containers(0);
  facts.clear_containers();
  Container& running = *facts.add_containers();
  running.set_state("CONTAINER_RUNNING");
  running.set_attempt(8);
  running.set_created_at_seconds(scripted_now - 3);
  *facts.add_containers() = exited;
  // kubeadm's etcdctl is in the container alone.
  Tool& tool = *facts.add_tools();
  tool.set_name("etcdctl");
  tool.set_path("/usr/local/bin/etcdctl");
  tool.set_version("3.4.13");
  tool.set_place(Tool::CONTAINER);
  CHECK(digest_of(cluster.spec, observation) == before);
}

TEST_CASE("more of the same in a log does not change the digest of the facts", "[digest]") {
  ScriptedCluster cluster = broken();
  const std::string before = digest_of(cluster);
  cluster.node("node3").log.push_back("I | embed: closing");
  CHECK(digest_of(cluster) == before);
}

using Change = std::function<void(ScriptedCluster&)>;

TEST_CASE("what a plan was made for changes the digest of the facts", "[digest]") {
  const std::vector<std::pair<std::string, Change>> changes = {
      {"a byte of a manifest", [](ScriptedCluster& cluster) { cluster.node("node1").manifests.begin()->second += "\n"; }},
      {"another manifest",
       [](ScriptedCluster& cluster) {
         tell_node(cluster, "node1", {"manifest", "duplicated"});
       }},
      {"a member more",
       [](ScriptedCluster& cluster) {
         cluster.members.push_back({.id = "9999000000000009", .name = "x", .peer_url = "https://10.20.30.109:2380"});
       }},
      {"a learner that was promoted", [](ScriptedCluster& cluster) { cluster.members[1].learner = true; }},
      {"a peer URL", [](ScriptedCluster& cluster) { cluster.members[1].peer_url = "https://10.20.30.202:2380"; }},
      {"a certificate", [](ScriptedCluster& cluster) { cluster.node("node2").certificates["peer.crt"].not_after += 1; }},
      {"a key", [](ScriptedCluster& cluster) { cluster.node("node2").certificates["peer.crt"].key_matches = false; }},
      {"the data's member", [](ScriptedCluster& cluster) { cluster.node("node3").data.member_id = "00000000000000aa"; }},
      {"a node that fell silent", [](ScriptedCluster& cluster) { tell_node(cluster, "node2", {"silent"}); }},
      {"a kubelet that stopped", [](ScriptedCluster& cluster) { cluster.node("node2").kubelet = "inactive"; }},
      {"an etcd that stopped",
       [](ScriptedCluster& cluster) {
         tell_node(cluster, "node2", {"manifest", "parked"});
       }},
  };
  const std::string before = digest_of(broken());
  for (const auto& [what, change] : changes) {
    INFO(what);
    ScriptedCluster cluster = broken();
    change(cluster);
    CHECK(digest_of(cluster) != before);
  }
}

}  // namespace
}  // namespace quorate
