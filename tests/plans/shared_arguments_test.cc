// SPDX-License-Identifier: Apache-2.0
#include "plans/shared_arguments.h"

#include <catch2/catch.hpp>

#include "plans/plan.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

// What the plan writes as etcd.yaml on node5.
std::string written_manifest(const ScriptedCluster& cluster) {
  const Plan plan = make_plan(cluster.spec, cluster.observe(), {});
  for (const Step& step : plan.steps()) {
    for (const Operation& operation : step.operations()) {
      if (operation.has_put_file()) return operation.put_file().content();
    }
  }
  return "";
}

TEST_CASE("a node without a manifest gets the one that most of the serving nodes have", "[shared]") {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3", "node4", "node5"});
  tell_node(cluster, "node1", {"image", "k8s.gcr.io/etcd:3.4.3-0"});
  tell_node(cluster, "node1", {"flag", "heartbeat-interval=500"});
  tell_node(cluster, "node5", {"wiped"});
  tell_node(cluster, "node5", {"manifest", "absent"});
  const std::string content = written_manifest(cluster);
  CHECK(content.find(scripted_image) != std::string::npos);
  CHECK(content.find("heartbeat-interval") == std::string::npos);
  CHECK(content.find("--name=node5") != std::string::npos);
}

TEST_CASE("of manifests that equally many have, the first is taken", "[shared]") {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3", "node4", "node5"});
  for (const std::string name : {"node2", "node4"}) tell_node(cluster, name, {"flag", "heartbeat-interval=500"});
  tell_node(cluster, "node5", {"manifest", "absent"});
  CHECK(written_manifest(cluster).find("heartbeat-interval") == std::string::npos);
}

TEST_CASE("what is one node's own is no shared argument", "[shared]") {
  const StaticPod pod = *read_static_pod(scripted_manifest("node1", "10.20.30.101", "node1=https://10.20.30.101:2380"));
  const std::map<std::string, std::string> shared = {
      {"client-cert-auth", "true"}, {"peer-client-cert-auth", "true"}, {"snapshot-count", "10000"}};
  CHECK(shared_arguments(pod) == shared);
}

}  // namespace
}  // namespace quorate
