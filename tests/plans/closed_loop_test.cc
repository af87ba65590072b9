// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "plans/facts.h"
#include "plans/intents.h"
#include "plans/plan_text.h"
#include "tests/plans/golden_files.h"
#include "tests/plans/support/cluster_model.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

void expect_facts(const ScriptedCluster& cluster, const google::protobuf::RepeatedPtrField<Fact>& facts, const std::string& when) {
  const Observation observation = cluster.observe();
  const FactReader reader(cluster.spec, observation);
  for (const Fact& fact : facts) {
    const Verdict verdict = reader.read(fact);
    INFO(when << ": " << text_of(fact) << " -- " << verdict.because);
    CHECK(verdict.holds == Holds::yes);
  }
}

void run_plan(const Plan& plan, ClusterModel& model) {
  for (const Step& step : plan.steps()) {
    expect_facts(model.cluster(), step.guards(), "before step " + step.id() + ", " + step.title());
    REQUIRE_NOTHROW(model.apply(step));
    expect_facts(model.cluster(), step.checks(), "after step " + step.id() + ", " + step.title());
  }
  for (ScriptedNode& node : model.cluster().nodes) node.run.reset();
}

// Findings of the nodes may stay (an unreachable one, a certificate that expires soon); what may not is work left.
TEST_CASE("what a plan leads to has nothing left to do, with its intents and without", "[loop]") {
  for (const std::filesystem::path& path : golden_files()) {
    for (const ScriptCase& script : read_script(file_text(path))) {
      INFO(path.filename().string() << ": " << script.name);
      ClusterModel model(script.cluster);
      Plan plan = make_plan(script.cluster.spec, script.cluster.observe(), script.request);
      if (plan.steps_size() == 0) continue;
      run_plan(plan, model);
      if (plan.abandoning()) continue;
      // A repair makes way for what waited, a quorum that is back for what needed one, a fence for a member, and a whole cluster
      // for what was set aside: at most one plan follows.
      const bool fenced =
          std::any_of(plan.steps().begin(), plan.steps().end(), [](const Step& step) { return step.has_stop_members(); });
      const bool prunes = script.cluster.spec.spec().has_set_aside();
      const bool leaves_work =
          fenced || prunes || plan.drift_size() > 0 || plan.refusals_size() > 0 || !script.cluster.has_leader();
      Request pinned{.intents = {plan.intents().begin(), plan.intents().end()}};
      Plan next = make_plan(model.cluster().spec, model.cluster().observe(), pinned);
      if (leaves_work && next.steps_size() > 0) {
        run_plan(next, model);
        next = make_plan(model.cluster().spec, model.cluster().observe(), pinned);
      }
      INFO(plan_text(next, Style::plain));
      CHECK(next.steps_size() == 0);
      const Plan without = make_plan(model.cluster().spec, model.cluster().observe(), {});
      INFO(plan_text(without, Style::plain));
      CHECK(without.steps_size() == 0);
    }
  }
}

TEST_CASE("once clients were let in a node that dies does not hold up a restore's end", "[loop]") {
  std::string lines = "case x\nrun 7e57 restore now\n";
  for (const std::string node : {"node1", "node2", "node3"}) lines += node + " tool etcdutl 3.5.16\n" + node + " restored beside\n";
  const ScriptCase script = read_script(lines + "plan\n----\n====\n").front();
  ClusterModel model(script.cluster);
  const Plan whole = make_plan(script.cluster.spec, script.cluster.observe(), {});
  for (const Step& step : whole.steps()) {
    model.apply(step);
    if (step.start_control_plane().api_servers()) break;
  }
  tell_node(model.cluster(), "node3", {"silent"});
  const bool has_quorum = GENERATE(true, false);
  if (!has_quorum) model.cluster().node("node2").etcd = Running::stopped;
  model.cluster().elect();
  CHECK(make_plan(script.cluster.spec, model.cluster().observe(), {.abandon = true}).refusals_size() == 1);
  const Plan rest = make_plan(script.cluster.spec, model.cluster().observe(), {});
  INFO(plan_text(rest, Style::plain));
  CHECK(rest.refusals_size() == (has_quorum ? 0 : 1));
  CHECK((rest.steps_size() > 0) == has_quorum);
  if (!has_quorum) CHECK(rest.refusals(0).remedy() == "Bring it back, then: quorate resume");
  run_plan(rest, model);
}

}  // namespace
}  // namespace quorate
