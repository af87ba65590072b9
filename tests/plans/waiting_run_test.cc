// SPDX-License-Identifier: Apache-2.0
// A run whose plan only mends what is in the way of what was asked for is not over.
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
  CHECK(leaves_what_was_asked(plan_of({"node1", "node2"}, {"node2"}, true)));
  CHECK_FALSE(leaves_what_was_asked(plan_of({"node1", "node2"}, {"node2"}, false)));
  CHECK_FALSE(leaves_what_was_asked(plan_of({"node1", "node2"}, {}, true)));
  CHECK_FALSE(leaves_what_was_asked(plan_of({"node1", "node2", "node3"}, {"node2"}, true)));
}

TEST_CASE("what an unfinished run has to mend before it can put another CA in place does not end it", "[waiting]") {
  const std::string wiped = "case generated\nnode2 wiped\n";
  const ScriptCase asked = read_script(wiped + "intent --rotate-ca\nplan\n----\n====\n").front();
  CHECK_FALSE(leaves_what_was_asked(make_plan(asked.cluster.spec, asked.cluster.observe(), asked.request)));
  const ScriptCase stuck = read_script(
                               "case x\nnode2 failing E | listen tcp 10.20.30.102:2380: bind: address already in use\nrun 7e57 "
                               "rotates etcd-ca-2\nplan\n----\n====\n")
                               .front();
  CHECK_FALSE(leaves_what_was_asked(make_plan(stuck.cluster.spec, stuck.cluster.observe(), stuck.request)));
  const ScriptCase goes_on = read_script(wiped + "run 7e57 rotates etcd-ca-2\nplan\n----\n====\n").front();
  CHECK(leaves_what_was_asked(make_plan(goes_on.cluster.spec, goes_on.cluster.observe(), goes_on.request)));
}

}  // namespace
}  // namespace quorate
