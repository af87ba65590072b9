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

}  // namespace
}  // namespace quorate
