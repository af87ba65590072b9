// SPDX-License-Identifier: Apache-2.0
// A change of the spec is planned, in a pull request, from a record that was made with the spec as it was before.
#include "plans/observation_of_spec.h"

#include <catch2/catch.hpp>

#include "plans/finding.h"
#include "plans/plan.h"
#include "plans/plan_text.h"
#include "plans/status_text.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

using Names = std::vector<std::string>;

ScriptedCluster recorded_cluster(const Names& names = {"node1", "node2", "node3"}) { return healthy_cluster(names); }

// The spec of `cluster`, with these of its members only, in this order.
Spec spec_with(const ScriptedCluster& cluster, const Names& names) {
  Spec spec = cluster.spec;
  spec.mutable_spec()->clear_members();
  for (const std::string& name : names) {
    for (const MemberSpec& member : cluster.spec.spec().members()) {
      if (member.name() == name) *spec.mutable_spec()->add_members() = member;
    }
  }
  return spec;
}

Plan plan_from(const Spec& spec, const Observation& recorded) { return make_plan(spec, observation_of_spec(spec, recorded), {}); }

bool finds(const Plan& plan, FindingKind kind) { return has_finding(plan.findings(), kind) || has_finding(plan.drift(), kind); }

TEST_CASE("with the spec that it was made with, a record is what it was") {
  ScriptedCluster cluster = recorded_cluster();
  tell_node(cluster, "node3", {"wiped"});
  const Observation recorded = cluster.observe();
  CHECK(observation_of_spec(cluster.spec, recorded).SerializeAsString() == recorded.SerializeAsString());
}

TEST_CASE("nodes behind one host, told apart by their ports, keep each its own record") {
  ScriptedCluster cluster = recorded_cluster();
  for (int i = 0; i < 3; ++i) {
    cluster.spec.mutable_spec()->mutable_members(i)->set_host("gateway");
    cluster.nodes[static_cast<std::size_t>(i)].host = "gateway";
  }
  const Observation recorded = cluster.observe();
  CHECK(observation_of_spec(cluster.spec, recorded).SerializeAsString() == recorded.SerializeAsString());
}

TEST_CASE("a member that a changed spec has no more is removed by the plan from the record") {
  const ScriptedCluster cluster = recorded_cluster();
  const Plan plan = plan_from(spec_with(cluster, {"node1", "node2"}), cluster.observe());
  REQUIRE(plan.steps_size() > 0);
  CHECK(plan.steps(0).remove_member().member_id() == scripted_id("node3"));
}

TEST_CASE("the order of a spec's members changes no plan from a record, whatever the nodes are in") {
  for (const Names& told : {Names{"wiped"}, Names{"silent"}, Names{"manifest", "parked"}}) {
    INFO(told[0]);
    ScriptedCluster cluster = recorded_cluster();
    tell_node(cluster, "node3", told);
    cluster.elect();
    const Plan before = plan_from(cluster.spec, cluster.observe());
    const Plan after = plan_from(spec_with(cluster, {"node3", "node1", "node2"}), cluster.observe());
    CHECK_FALSE(finds(after, FindingKind::surplus_member));
    REQUIRE(after.steps_size() == before.steps_size());
    for (int i = 0; i < after.steps_size(); ++i) CHECK(after.steps(i).title() == before.steps(i).title());
    CHECK(after.findings_size() == before.findings_size());
  }
}

TEST_CASE("a machine that the record lacks is said to be missing from it, and nothing is planned for it") {
  const ScriptedCluster four = recorded_cluster({"node1", "node2", "node3", "node4"});
  const ScriptedCluster three = recorded_cluster();
  SECTION("a member more") {
    const Plan plan = plan_from(four.spec, three.observe());
    CHECK(plan.steps().empty());
    CHECK(finds(plan, FindingKind::not_recorded));
    CHECK(finds(plan, FindingKind::unseen_node));
  }
  SECTION("a member at another host, which is another machine") {
    Spec spec = three.spec;
    spec.mutable_spec()->mutable_members(2)->set_host("10.20.30.203");
    spec.mutable_spec()->mutable_members(2)->set_address("10.20.30.203");
    const Plan plan = plan_from(spec, three.observe());
    INFO(plan_text(plan, Style::plain));
    CHECK(finds(plan, FindingKind::not_recorded));
    // The member that serves is not removed for one of which nothing is known.
    CHECK(plan.steps().empty());
  }
}

TEST_CASE("a machine under another name is the one of the record") {
  const ScriptedCluster cluster = recorded_cluster();
  Spec spec = cluster.spec;
  spec.mutable_spec()->mutable_members(2)->set_name("other");
  const Plan plan = plan_from(spec, cluster.observe());
  CHECK_FALSE(finds(plan, FindingKind::not_recorded));
  CHECK(has_finding(plan.refusals(), FindingKind::name_disagrees));
}

TEST_CASE("a record is planned from with any other spec, whatever its nodes are in") {
  const std::vector<Names> specs = {{"node1"},
                                    {"node3"},
                                    {"node1", "node2"},
                                    {"node3", "node2"},
                                    {"node2", "node1", "node4"},
                                    {"node4", "node5"},
                                    {"node5", "node4", "node3", "node2", "node1"}};
  const ScriptedCluster five = recorded_cluster({"node1", "node2", "node3", "node4", "node5"});
  for (const Names& told : {Names{"voter"}, Names{"wiped"}, Names{"silent"}, Names{"stopped"}, Names{"learner"}}) {
    ScriptedCluster cluster = recorded_cluster();
    tell_node(cluster, "node3", told);
    cluster.elect();
    Observation recorded = cluster.observe();
    // One that is there twice, as nobody should write it.
    *recorded.add_nodes() = recorded.nodes(2);
    for (const Names& names : specs) {
      const Spec spec = spec_with(five, names);
      const Plan plan = plan_from(spec, recorded);
      INFO(plan_text(plan, Style::plain));
      CHECK_FALSE(has_finding(plan.refusals(), FindingKind::plan_unproven));
      const bool as_it_is = plan.steps().empty() && plan.findings().empty() && plan.drift().empty() && plan.refusals().empty();
      CHECK_FALSE(as_it_is);
      const std::string status = status_text(spec, observation_of_spec(spec, recorded), Style::plain);
      for (const std::string& name : names) CHECK(status.find(name) != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace quorate
