// SPDX-License-Identifier: Apache-2.0
// Rules that every plan keeps, whatever the cluster looks like. The clusters are made from a seed, so that a failure
// comes back.
#include <set>

#include <catch2/catch.hpp>

#include "plans/facts.h"
#include "plans/plan.h"
#include "plans/plan_text.h"
#include "plans/proof/prove.h"
#include "schemas/json.h"
#include "tests/plans/support/cluster_model.h"
#include "tests/plans/support/cluster_script.h"
#include "tests/support/chance.h"

namespace quorate {
namespace {

using test::Chance;

using Line = std::vector<std::string>;

const std::vector<Line>& ailments() {
  static const std::vector<Line> lines = {{"voter"},
                                          {"silent"},
                                          {"silent", "but-serving"},
                                          {"silent", "but-port-open"},
                                          {"barred", "sudo"},
                                          {"wiped"},
                                          {"stopped"},
                                          {"data", "removed"},
                                          {"data", "foreign"},
                                          {"data", "stale"},
                                          {"data", "damaged"},
                                          {"manifest", "duplicated"},
                                          {"manifest", "parked"},
                                          {"manifest", "absent"},
                                          {"kubelet", "inactive"},
                                          {"certificate", "peer", "expired"},
                                          {"certificate", "server", "missing"},
                                          {"authority", "missing"},
                                          {"authority-key", "absent"},
                                          {"stray"},
                                          {"fresh"},
                                          {"failing", "unknown"},
                                          {"alarm", "NOSPACE"},
                                          {"alarm", "CORRUPT"},
                                          {"hash", "78"},
                                          {"starting"}};
  return lines;
}

struct Generated {
  ScriptedCluster cluster;
  Request request;
  std::string story;
};

Generated generate(std::uint64_t seed) {
  Chance chance(seed);
  const std::size_t size = 1 + chance.below(5);
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= size; ++i) names.push_back("node" + std::to_string(i));
  Generated generated{healthy_cluster(names), {}, "seed " + std::to_string(seed) + ", " + std::to_string(size) + " nodes"};
  const auto tell = [&](const std::string& node, const Line& line) {
    generated.story += "\n  " + node;
    for (const std::string& word : line) generated.story += " " + word;
    tell_node(generated.cluster, node, line);
  };
  bool has_learner = false;
  for (const std::string& name : names) {
    if (chance.below(10) == 0 && !has_learner) {
      has_learner = true;
      tell(name, chance.below(2) == 0 ? Line{"learner"} : Line{"learner", "unstarted"});
    } else if (chance.below(2) == 0) {
      tell(name, ailments()[chance.below(ailments().size())]);
      if (chance.below(4) == 0) tell(name, {"silent"});
    }
  }
  if (chance.below(6) == 0)
    generated.cluster.members.push_back({.id = "9999000000000009",
                                         .name = "old-node",
                                         .peer_url = "https://10.20.30.109:2380",
                                         .live_elsewhere = chance.below(2) == 0});
  if (chance.below(4) == 0) {
    const std::string node = names[chance.below(names.size())];
    Intent& intent = generated.request.intents.emplace_back();
    if (chance.below(2) == 0)
      intent.mutable_replace()->set_node(node);
    else
      intent.mutable_lost()->set_name(node);
    generated.story += "\n  intent of " + node;
  }
  generated.cluster.elect();
  return generated;
}

constexpr std::uint64_t seeds = 300;

TEST_CASE("the same input gives the same bytes", "[property]") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Generated once = generate(seed);
    const Generated again = generate(seed);
    const Plan first = make_plan(once.cluster.spec, once.cluster.observe(), once.request);
    const Plan second = make_plan(again.cluster.spec, again.cluster.observe(), again.request);
    CHECK(to_json(first, JsonForm::line) == to_json(second, JsonForm::line));
    CHECK(plan_text(first, Style::plain) == plan_text(second, Style::plain));
  }
}

TEST_CASE("a cluster of any size that is as its spec says needs nothing", "[property]") {
  std::vector<std::string> names;
  for (const std::string name : {"node1", "node2", "node3", "node4", "node5", "node6", "node7"}) {
    names.push_back(name);
    const ScriptedCluster cluster = healthy_cluster(names);
    const Plan plan = make_plan(cluster.spec, cluster.observe(), {});
    INFO(plan_text(plan, Style::plain));
    CHECK(plan.steps_size() + plan.findings_size() + plan.refusals_size() + plan.drift_size() == 0);
  }
}

// The model throws where etcd would refuse, where a quorum is taken away, where data is touched under a running etcd,
// where etcd is started on no data but as the learner just added, and where a node that does not answer is worked on.
TEST_CASE("every generated plan can be carried out, each guard and check in its turn", "[property]") {
  std::size_t with_steps = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Generated generated = generate(seed);
    ClusterModel model(generated.cluster);
    const Plan plan = make_plan(generated.cluster.spec, generated.cluster.observe(), generated.request);
    with_steps += plan.steps_size() > 0 ? 1 : 0;
    for (const Step& step : plan.steps()) {
      INFO(generated.story << "\n" << plan_text(plan, Style::plain) << "step " << step.id());
      const auto expect = [&](const auto& facts) {
        const Observation observation = model.cluster().observe();
        const FactReader reader(model.cluster().spec, observation);
        for (const Fact& fact : facts) {
          const Verdict verdict = reader.read(fact);
          INFO(text_of(fact) << ": " << verdict.because);
          REQUIRE(verdict.holds == Holds::yes);
        }
      };
      expect(step.guards());
      REQUIRE_NOTHROW(model.apply(step));
      // The whole cluster's last check cannot hold where a node was refused and stays broken.
      if (!step.has_verify_cluster()) expect(step.checks());
    }
  }
  CHECK(with_steps > seeds / 10);
}

TEST_CASE("every generated plan is proven", "[property]") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Generated generated = generate(seed);
    const Observation observation = generated.cluster.observe();
    const Plan plan = make_plan(generated.cluster.spec, observation, generated.request);
    const std::optional<Breach> breach = prove(observation, plan);
    if (!breach) continue;
    FAIL_CHECK(generated.story << "\n"
                               << plan_text(plan, Style::plain) << breach->step << ": " << breach->rule << "\n"
                               << breach->state);
  }
}

TEST_CASE("data is set aside only under a guard that etcd is stopped, and after the stop", "[property]") {
  std::size_t seen = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Generated generated = generate(seed);
    const Plan plan = make_plan(generated.cluster.spec, generated.cluster.observe(), generated.request);
    for (const Step& step : plan.steps()) {
      for (const Operation& operation : step.operations()) {
        if (!operation.has_move_entries()) continue;
        ++seen;
        INFO(generated.story);
        REQUIRE(step.guards_size() > 0);
        CHECK(step.guards(0).etcd_stopped().node() == operation.move_entries().node());
      }
    }
  }
  CHECK(seen > 20);
}

bool works_on(const Operation& operation, const std::string& node) {
  return operation.put_file().node() == node || operation.move_path().node() == node || operation.move_entries().node() == node ||
         operation.remove_containers().node() == node || operation.issue_certificate().node() == node;
}

// Nor is its member removed or updated: that would begin what cannot be ended.
TEST_CASE("nothing is done to a node of which nobody can say whether its etcd runs", "[property]") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Generated generated = generate(seed);
    tell_node(generated.cluster, "node1", {"unknown", "containers", "refused"});
    tell_node(generated.cluster, "node1", {"unknown", "processes", "refused"});
    const Plan plan = make_plan(generated.cluster.spec, generated.cluster.observe(), generated.request);
    const ScriptedNode& node = generated.cluster.node("node1");
    if (node.ssh != SshState::REACHABLE || generated.cluster.observe().nodes(0).endpoint().has_status()) continue;
    INFO(generated.story << plan_text(plan, Style::plain));
    for (const Step& step : plan.steps()) {
      CHECK(step.remove_member().node() != "node1");
      CHECK(step.update_peer_urls().node() != "node1");
      for (const Operation& operation : step.operations()) CHECK_FALSE(works_on(operation, "node1"));
    }
  }
}

TEST_CASE("a member that a person wants gone is never one that still answers", "[property]") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Generated generated = generate(seed);
    generated.request.intents.assign(1, {});
    generated.request.intents[0].mutable_lost()->set_name("node1");
    const NodeObservation node = generated.cluster.observe().nodes(0);
    const bool answers = node.has_facts() || node.endpoint().has_status() || node.endpoint().port_open();
    const Plan plan = make_plan(generated.cluster.spec, generated.cluster.observe(), generated.request);
    if (!answers || generated.cluster.member_of(generated.cluster.node("node1")) == nullptr) continue;
    INFO(generated.story << plan_text(plan, Style::plain));
    CHECK(plan.steps_size() == 0);
    CHECK(plan.refusals_size() > 0);
  }
}

}  // namespace
}  // namespace quorate
