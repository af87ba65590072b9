// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "plans/facts.h"
#include "plans/finding.h"
#include "plans/intents.h"
#include "plans/lookup.h"
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

// A restore of three nodes that has brought and restored everything beside the data.
ScriptCase ready_restore(const std::string& strategy) {
  std::string lines = "case x\nrun 7e57 restore " + strategy + "\n";
  for (const std::string node : {"node1", "node2", "node3"}) {
    const bool restored = strategy != "seed" || node == "node1";
    lines += node + " tool etcdutl 3.5.16\n" + (restored ? node + " restored beside\n" : "");
  }
  return read_script(lines + "plan\n----\n====\n").front();
}

Plan plan_of(const ClusterModel& model, const Request& request) {
  return make_plan(model.cluster().spec, model.cluster().observe(), request);
}

// What comes after the run: the node that died is asserted lost, and what was given up is set aside before others join.
void expect_way_on(ClusterModel model, const std::string& dead) {
  for (ScriptedNode& node : model.cluster().nodes) node.run.reset();
  Intent lost;
  lost.mutable_lost()->set_name(dead);
  for (int round = 0; round < 3; ++round) {
    const Plan next = plan_of(model, {.intents = {lost}});
    INFO("then " << plan_text(next, Style::plain));
    // Without a quorum that can be had there is --recover-quorum, and --restore again.
    if (has_finding(next.refusals(), FindingKind::no_quorum) || has_finding(next.refusals(), FindingKind::no_cluster)) return;
    CHECK(next.refusals_size() == 0);
    run_plan(next, model);
  }
  CHECK(model.cluster().has_leader());
}

// The node is back, with the record and whatever else of the run it had; the others know how that ended.
void expect_no_way_back(ClusterModel model, const Plan& plan, const std::string& dead) {
  const std::string cluster_id = model.cluster().cluster_id;
  for (ScriptedNode& node : model.cluster().nodes) {
    if (node.name == dead) continue;
    node.run.reset();
    EndedRun& ended = node.ended_runs.emplace_back();
    ended.set_begun_as("7e57");
    ended.set_undone(plan.abandoning() && !ends_as_it_stands(plan));
  }
  ScriptedNode& back = model.cluster().node(dead);
  back.ssh = SshState::REACHABLE;
  // Its kubelet has started nothing yet: the model has no cluster that runs beside another and has no quorum.
  back.etcd = Running::stopped;
  back.manifests.clear();
  for (int round = 0; round < 4; ++round) {
    const Observation seen = model.cluster().observe();
    CHECK(unfinished_run(seen) == nullptr);
    CHECK_FALSE((model.cluster().has_leader() && GivenUp(seen).contains_cluster(cluster_id)));
    const Plan next = make_plan(model.cluster().spec, seen, {});
    INFO(dead << " is back: " << plan_text(next, Style::plain));
    for (const Step& step : next.steps()) REQUIRE_NOTHROW(model.apply(step));
  }
}

TEST_CASE("a node that dies in a restore leaves a way out at each step", "[loop]") {
  const std::string strategy = GENERATE("now", "seed");
  const std::string dead = GENERATE("node1", "node2", "node3");
  const ScriptCase script = ready_restore(strategy);
  const Plan whole = make_plan(script.cluster.spec, script.cluster.observe(), {});
  REQUIRE(whole.steps_size() > 5);
  for (int done = 0; done <= whole.steps_size(); ++done) {
    ClusterModel model(script.cluster);
    for (int i = 0; i < done; ++i) model.apply(whole.steps(i));
    tell_node(model.cluster(), dead, {"silent"});
    model.cluster().elect();
    INFO(strategy << ": " << dead << " died after " << (done == 0 ? "nothing" : whole.steps(done - 1).title()));
    int ways = 0;
    for (const bool abandon : {false, true}) {
      const Plan plan = plan_of(model, {.abandon = abandon});
      INFO(plan_text(plan, Style::plain));
      if (plan.refusals_size() > 0) continue;
      ++ways;
      // Nobody who may have seen the restored cluster sees the old one again.
      const bool let_in = std::any_of(whole.steps().begin(), whole.steps().begin() + done,
                                      [](const Step& step) { return step.start_control_plane().api_servers(); });
      if (abandon && let_in) CHECK(plan.steps_size() == 0);
      ClusterModel after = model;
      const std::optional<RunRecord> record = after.cluster().node(dead).run;
      run_plan(plan, after);
      expect_way_on(after, dead);
      after.cluster().node(dead).run = record;
      expect_no_way_back(after, plan, dead);
    }
    CHECK(ways > 0);
  }
}

}  // namespace
}  // namespace quorate
