// SPDX-License-Identifier: Apache-2.0
// A run whose plan only brings the quorum back is not over.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "plans/plan.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

Plan plan_of(const std::vector<std::string>& nodes, const std::vector<std::string>& stopped, bool rotates) {
  ScriptedCluster cluster = healthy_cluster(nodes);
  for (const std::string& node : stopped) tell_node(cluster, node, {"manifest", "parked"});
  cluster.elect();
  Request request;
  if (rotates) request.intents.emplace_back().mutable_rotate_authority();
  return make_plan(cluster.spec, cluster.observe(), request);
}

TEST_CASE("another CA that waits for a quorum is the same run's next plan", "[waiting]") {
  CHECK(waits_for_quorum(plan_of({"node1", "node2"}, {"node2"}, true)));
  CHECK_FALSE(waits_for_quorum(plan_of({"node1", "node2"}, {"node2"}, false)));
  CHECK_FALSE(waits_for_quorum(plan_of({"node1", "node2"}, {}, true)));
  CHECK_FALSE(waits_for_quorum(plan_of({"node1", "node2", "node3"}, {"node2"}, true)));
}

}  // namespace
}  // namespace quorate
