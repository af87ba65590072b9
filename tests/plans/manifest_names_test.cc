// SPDX-License-Identifier: Apache-2.0
// Manifests of etcd that are not called etcd.yaml, or that advertise more than one peer URL.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "plans/plan.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

Plan plan_of(const std::string& lines) {
  const ScriptCase script = read_script("case x\n" + lines + "\nplan\n----\n====\n").front();
  return make_plan(script.cluster.spec, script.cluster.observe(), script.request);
}

// What is moved out of the kubelet's sight on the node by the steps that stop etcd, in order: FROM -> TO, by their last names.
std::vector<std::string> parked(const Plan& plan, const std::string& node) {
  const auto last_name = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  std::vector<std::string> moves;
  for (const Step& step : plan.steps()) {
    if (!step.has_stop_etcd() && !step.has_stop_members()) continue;
    for (const Operation& operation : step.operations()) {
      const MovePath& move = operation.move_path();
      const bool is_parked = move.from().rfind("/etc/kubernetes/manifests/etcd", 0) == 0;
      if (move.node() == node && is_parked) moves.push_back(last_name(move.from()) + " -> " + last_name(move.to()));
    }
  }
  return moves;
}

TEST_CASE("whatever the only manifest is called, a restore parks it under the name by which its undo finds it") {
  const std::string tools = "node1 tool etcdutl 3.5.16\nnode2 tool etcdutl 3.5.16\nnode3 tool etcdutl 3.5.16\n";
  const Plan plan = plan_of(tools + "node2 manifest renamed\nrestore all");
  CHECK(parked(plan, "node1") == std::vector<std::string>{"etcd.yaml -> etcd.yaml"});
  CHECK(parked(plan, "node2") == std::vector<std::string>{"etcd.yaml.bak -> etcd.yaml"});
}

TEST_CASE("a node that is restarted twice is stopped by the manifest that it was started with") {
  const Plan plan = plan_of("node2 manifest renamed\nintent --rotate-ca");
  REQUIRE(parked(plan, "node2").size() == 2);
  CHECK(parked(plan, "node2")[0] == "etcd.yaml.bak -> etcd.yaml");
  CHECK(parked(plan, "node2")[1].rfind("etcd.yaml -> ", 0) == 0);
}

TEST_CASE("a member that advertises two peer URLs keeps both when it is started, where its machine has both addresses") {
  const bool has_both = GENERATE(true, false);
  const std::string both = "https://10.20.30.103:2380,https://192.0.2.3:2380";
  const std::string address = has_both ? "node3 also-at 192.0.2.3\nnode3 listed-also-at https://192.0.2.3:2380\n" : "";
  const Plan plan = plan_of(address + "node3 flag initial-advertise-peer-urls=" + both + "\nnode3 flag listen-peer-urls=" + both +
                            "\nnode3 failing E | rafthttp: failed to find remote peer");
  std::string written;
  bool starts = false;
  for (const Step& step : plan.steps()) {
    starts = starts || step.has_start_etcd();
    for (const Operation& operation : step.operations()) written += operation.put_file().content();
  }
  CHECK(starts);
  const bool keeps_both = written.empty() || written.find("initial-advertise-peer-urls=" + both) != std::string::npos;
  CHECK(keeps_both == has_both);
}

}  // namespace
}  // namespace quorate
