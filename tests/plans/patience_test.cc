// SPDX-License-Identifier: Apache-2.0
// What a learner is given to receive the leader's database, by the plan's own waiting and by the kubelet.
#include <catch2/catch.hpp>

#include "plans/plan.h"
#include "schemas/static_pod.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

struct Patience {
  long kubelet_seconds = 0;
  std::uint32_t start_seconds = 0;
  std::uint32_t catch_up_seconds = 0;
};

// As kubeadm has it; the scripted manifests have no probes.
void add_startup_probe(std::string& manifest) {
  const std::size_t image = manifest.find("    image:");
  REQUIRE(image != std::string::npos);
  manifest.insert(image, "    startupProbe: {failureThreshold: 24, periodSeconds: 10}\n");
}

Patience patience_for(const std::string& bytes) {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  tell_node(cluster, "node1", {"database", bytes});
  tell_node(cluster, "node3", {"wiped"});
  add_startup_probe(cluster.node("node3").manifests.begin()->second);
  const Plan plan = make_plan(cluster.spec, cluster.observe(), {});
  Patience patience;
  for (const Step& step : plan.steps()) {
    if (step.has_catch_up()) patience.catch_up_seconds = step.check_seconds();
    if (!step.has_start_etcd()) continue;
    patience.start_seconds = step.check_seconds();
    for (const Operation& operation : step.operations()) {
      if (!operation.has_put_file()) continue;
      const absl::StatusOr<StaticPod> pod = read_static_pod(operation.put_file().content());
      REQUIRE(pod.ok());
      patience.kubelet_seconds = pod->startup_failures * pod->startup_period;
    }
  }
  return patience;
}

TEST_CASE("a small database leaves kubeadm's startup probe as it is", "[patience]") {
  const Patience patience = patience_for("104857600");
  CHECK(patience.kubelet_seconds == 240);
  CHECK(patience.start_seconds == 220);
  CHECK(patience.catch_up_seconds == 220);
}

// 8 GiB, the largest that etcd recommends, at 1 MiB a second.
TEST_CASE("while a learner receives a large database its startup probe does not end it", "[patience]") {
  const Patience patience = patience_for("8589934592");
  CHECK(patience.kubelet_seconds >= 8192 + 120);
  CHECK(patience.kubelet_seconds < 8192 + 120 + 10);
  CHECK(patience.start_seconds == 8192 + 120);
  CHECK(patience.catch_up_seconds == 8192 + 120);
}

}  // namespace
}  // namespace quorate
