// SPDX-License-Identifier: Apache-2.0
// The proof against plans that were made of good ones: spoilt in one place, cut, and many of which the model in
// support/cluster_model.h, which shares nothing with it, says whether etcd and the rules would have it.
#include <functional>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "plans/operation_text.h"
#include "plans/plan.h"
#include "plans/plan_text.h"
#include "plans/proof/prove.h"
#include "tests/plans/golden_files.h"
#include "tests/plans/support/cluster_model.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

constexpr const char* manifest = "/etc/kubernetes/manifests/etcd.yaml";

using Change = std::function<void(Operation&)>;

void park(const std::string& node, Operation& operation) {
  operation.mutable_move_path()->set_node(node);
  operation.mutable_move_path()->set_from(manifest);
  operation.mutable_move_path()->set_to("/var/lib/quorate/1/etcd.yaml");
}

TEST_CASE("a plan that says more of voters or failures than comes about is not proven", "[proof]") {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  tell_node(cluster, "node3", {"wiped"});
  Plan plan = make_plan(cluster.spec, cluster.observe(), {});
  REQUIRE(plan.steps_size() > 2);
  CHECK_FALSE(prove(cluster.observe(), plan));
  plan.mutable_steps(1)->mutable_effect()->set_tolerates_after(2);
  const std::optional<Breach> breach = prove(cluster.observe(), plan);
  REQUIRE(breach);
  CHECK(breach->step == "2");
}

using Spoil = std::function<void(Plan&)>;

struct SpoiltPlan {
  std::string name;  // of the case in a golden file whose plan is spoilt
  std::string rule;
  Spoil spoil;
};

int index_of(const Plan& plan, Step::ActionCase action) {
  for (int i = 0; i < plan.steps_size(); ++i) {
    if (plan.steps(i).action_case() == action) return i;
  }
  throw std::runtime_error("no such step");
}
Spoil without(Step::ActionCase action) {
  return [=](Plan& plan) { plan.mutable_steps()->DeleteSubrange(index_of(plan, action), 1); };
}
void move_step(Plan& plan, int from, int to) {
  for (; from > to; --from) plan.mutable_steps()->SwapElements(from, from - 1);
}
Spoil before(Step::ActionCase action, Step::ActionCase other) {
  return [=](Plan& plan) { move_step(plan, index_of(plan, action), index_of(plan, other)); };
}
Spoil first(Step::ActionCase action) {
  return [=](Plan& plan) { move_step(plan, index_of(plan, action), 0); };
}
Spoil only_on(const std::string& node, Step::ActionCase action) {
  return [=](Plan& plan) {
    auto& operations = *plan.mutable_steps(index_of(plan, action))->mutable_operations();
    for (int i = operations.size() - 1; i >= 0; --i) {
      if (node_of(operations[i]) != node) operations.DeleteSubrange(i, 1);
    }
  };
}
Spoil with_operation(Step::ActionCase action, const Change& change) {
  return [=](Plan& plan) { change(*plan.mutable_steps(index_of(plan, action))->mutable_operations(0)); };
}
Spoil with_step(Step::ActionCase action, const std::function<void(Step&)>& change) {
  return [=](Plan& plan) { change(*plan.mutable_steps(index_of(plan, action))); };
}
void say_writes_continue(Step& step) {
  step.mutable_effect()->clear_writes_stop_milliseconds();
  step.mutable_effect()->clear_alarm_stays();
}
Spoil with_intent(const std::function<void(Intent&)>& change) {
  return [=](Plan& plan) {
    for (Intent& intent : *plan.mutable_intents()) change(intent);
  };
}

const std::vector<SpoiltPlan>& spoilt_plans() {
  static const std::string all =
      "a snapshot is restored on all nodes at once, and nothing is stopped before it has been restored beside the data";
  static const std::string seed = "the others join the one that is restored";
  static const std::string lost = "a node that a person asserts lost is left out";
  static const std::string alone =
      "the survivor is saved, run once without the others on a copy of its data, and those that answer join it";
  static const std::string stopped =
      "a survivor that was restarted serves nothing: a copy of its data is served once, and its etcd is stopped for that";
  static const std::string undo = "its undo puts everything back";
  static const std::string undo_of_all = "its undo takes back that the old cluster was given up";
  static const std::string rotation =
      "a CA is rotated: both are trusted, then the new one signs, then it alone is trusted; the leader is restarted last";
  static const std::string wiped = "a wiped node is replaced by a fresh member, in the whole";
  static const std::string two = "two voters: writes stop while each is restarted, and the plan says for how long";
  static const std::string moved = "two voters: writes stop while each is moved";
  static const std::string alarmed = "a person says which of two stores is wrong";
  static const std::vector<SpoiltPlan> plans = {
      {alarmed, "what a step says of writes is so", with_step(Step::kAddLearner, say_writes_continue)},
      {alarmed, "what a step says of writes is so", without(Step::kDisarmAlarm)},
      {wiped, "the membership is changed where etcd may be asked again",
       with_step(Step::kAddLearner, [](Step& step) { step.set_nodes_at_once(true); })},
      {two, "no step takes the quorum away", with_step(Step::kStopEtcd, say_writes_continue)},
      {moved, "a voter is restarted while the others are a quorum", with_step(Step::kMoveMember, say_writes_continue)},
      {rotation, "what a step says of writes is so", without(Step::kMoveLeader)},
      {rotation, "what a step says of writes is so", with_step(Step::kMoveLeader, say_writes_continue)},
      {rotation, "while nothing runs that has read it", without(Step::kStopControlPlane)},
      {rotation, "while nothing runs that has read it", without(Step::kStopEtcd)},
      {rotation, "what a step says of the cluster is so", without(Step::kStartEtcd)},
      {rotation, "while nothing runs that has read it", without(Step::kSetAuthorities)},
      {rotation, "whatever is shown is trusted", without(Step::kIssueCertificates)},
      {rotation, "ca.crt has a CA",
       with_operation(Step::kSetAuthorities, [](Operation& operation) { operation.mutable_write_authorities()->clear_names(); })},
      {all, "what is restored was brought and verified", without(Step::kBringSnapshot)},
      {all, "every node restores the one snapshot",
       with_operation(Step::kBringSnapshot, [](Operation& operation) { operation.mutable_put_snapshot()->set_sha256("ff"); })},
      {all, "only once what is restored lies beside", without(Step::kRestoreBeside)},
      {all, "only once what is restored lies beside", only_on("node3", Step::kRestoreBeside)},
      {all, "only once what is restored lies beside", first(Step::kStopControlPlane)},
      {all, "no step takes the quorum away", first(Step::kStopMembers)},
      {all, "one cluster",
       with_operation(Step::kRestoreBeside, [](Operation& operation) { operation.mutable_restore_snapshot()->set_token("x"); })},
      {all, "one cluster",
       with_operation(Step::kRestoreBeside, [](Operation& operation) { operation.mutable_restore_snapshot()->set_bump(1); })},
      {all, "beyond all that clients may have seen",
       [](Plan& plan) {
         for (Intent& intent : *plan.mutable_intents()) intent.mutable_restore()->set_bump(1);
         auto& operations = *plan.mutable_steps(index_of(plan, Step::kRestoreBeside))->mutable_operations();
         for (Operation& operation : operations) operation.mutable_restore_snapshot()->set_bump(1);
       }},
      {all, "beside the data",
       with_operation(Step::kRestoreBeside,
                      [](Operation& operation) { operation.mutable_restore_snapshot()->set_folder("/var/lib/etcd"); })},
      {all, "no API server runs when the restored", without(Step::kStopControlPlane)},
      {all, "no API server runs when the restored", only_on("node3", Step::kStopControlPlane)},
      {all, "data is moved only where etcd is stopped", without(Step::kStopMembers)},
      {all, "data is moved only where etcd is stopped", only_on("node3", Step::kStopMembers)},
      {all, "takes nothing's place",
       [](Plan& plan) { plan.mutable_steps(index_of(plan, Step::kSwitchData))->mutable_operations()->DeleteSubrange(0, 1); }},
      {all, "what is compared is what was restored", without(Step::kSwitchData)},
      {all, "what is compared is what was restored", without(Step::kStartRestored)},
      {all, "given up once what takes its place is proven", without(Step::kVerifyStore)},
      {all, "given up once what takes its place is proven", first(Step::kGiveUpCluster)},
      {all, "without a quorum nothing is written", before(Step::kDropMasterLeases, Step::kStartRestored)},
      {all, "the leases of API servers of before", without(Step::kDropMasterLeases)},
      {all, "clients are let in only once", before(Step::kStartControlPlane, Step::kStartRestored)},
      {all, "clients are let in only once", before(Step::kStartControlPlane, Step::kVerifyStore)},
      {seed, "no etcd of the old cluster runs", only_on("node2", Step::kStopMembers)},
      {seed, "no two members have one peer URL", first(Step::kAddLearner)},
      {seed, "clients are let in on a voter",
       [](Plan& plan) {
         int last = index_of(plan, Step::kPromoteLearner);
         while (!plan.steps(last).has_start_control_plane()) ++last;
         move_step(plan, last, index_of(plan, Step::kPromoteLearner));
       }},
      {lost, "who does not answer was given up by name", with_intent([](Intent& intent) {
         if (intent.has_lost()) intent.mutable_lost()->set_name("node9");
         if (intent.has_lost()) intent.mutable_lost()->clear_member_id();
       })},
      {alone, "force-new-cluster is run once",
       [](Plan& plan) {
         Step& step = *plan.mutable_steps(index_of(plan, Step::kForceNewCluster));
         *step.add_operations() = step.operations(0);
       }},
      {alone, "data that is in use cannot be copied", without(Step::kStopMembers)},
      {alone, "force-new-cluster is run of the survivor alone", with_intent([](Intent& intent) {
         if (intent.has_restore()) intent.mutable_restore()->set_kept_member_id("ff");
       })},
      {alone, "without a quorum every member's data stays", without(Step::kForceNewCluster)},
      {stopped, "data that is in use cannot be copied", without(Step::kStopMembers)},
      {undo_of_all, "not started by its undo", only_on("node1", Step::kSwitchBack)},
      {undo, "put back where there is none",
       [](Plan& plan) { plan.mutable_steps(index_of(plan, Step::kSwitchBack))->mutable_operations()->DeleteSubrange(0, 1); }},
  };
  return plans;
}

ScriptCase golden_case(const std::string& name) {
  for (const std::filesystem::path& path : golden_files()) {
    for (const ScriptCase& script : read_script(file_text(path))) {
      if (script.name == name) return script;
    }
  }
  throw std::runtime_error("no such case: " + name);
}

TEST_CASE("each rule that a whole plan keeps is broken by a good one that is spoilt in one place", "[proof]") {
  for (const SpoiltPlan& bad : spoilt_plans()) {
    const ScriptCase script = golden_case(bad.name);
    const Observation observation = script.cluster.observe();
    Plan plan = make_plan(script.cluster.spec, observation, script.request);
    REQUIRE_FALSE(prove(observation, plan));
    bad.spoil(plan);
    INFO(plan_text(plan, Style::plain) << bad.rule);
    const std::optional<Breach> breach = prove(observation, plan);
    REQUIRE(breach);
    INFO(breach->rule << "\n" << breach->state);
    CHECK(breach->rule.find(bad.rule) != std::string::npos);
  }
}

TEST_CASE("a plan that is not proven has no steps left, and says what it would break, where, and in which state", "[proof]") {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  tell_node(cluster, "node3", {"wiped"});
  const Observation observation = cluster.observe();
  const Plan good = make_plan(cluster.spec, observation, {});
  Plan plan = good;
  keep_if_proven(observation, plan);
  CHECK(plan.SerializeAsString() == good.SerializeAsString());
  park("node1", *plan.mutable_steps(0)->mutable_operations(0));
  plan.mutable_steps(0)->clear_undo();
  keep_if_proven(observation, plan);
  CHECK(plan.steps_size() == 0);
  REQUIRE(plan.refusals_size() == 1);
  const std::string text = plan_text(plan, Style::plain);
  INFO(text);
  for (const char* part : {"plan-unproven", "step 1", "the rule: no step takes the quorum away: node1 is stopped",
                           "the state: voters node1 node2 node3 (down)", "quorate observe --out"}) {
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("a plan that ends half-way is not proven", "[proof]") {
  std::size_t cut = 0;
  for (const std::filesystem::path& path : golden_files()) {
    for (const ScriptCase& script : read_script(file_text(path))) {
      if (script.request.abandon) continue;
      const Observation observation = script.cluster.observe();
      Plan plan = make_plan(script.cluster.spec, observation, script.request);
      while (plan.steps_size() > 1) {
        plan.mutable_steps()->RemoveLast();
        const Step& last = plan.steps(plan.steps_size() - 1);
        const bool restores = !plan.restored_cluster_id().empty();
        if (plan.abandoning() || !(last.has_add_learner() || (restores && last.has_stop_members()))) continue;
        ++cut;
        INFO(script.name << "\n" << plan_text(plan, Style::plain));
        CHECK(prove(observation, plan));
      }
    }
  }
  CHECK(cut > 20);
}

// What the model forbids for a reason that is the proof's too.
bool is_of_membership_or_data(const std::string& forbidden) {
  for (const char* reason : {"unhealthy cluster", "too many learner", "Peer URLs already exists", "not enough started",
                             "Deadline Exceeded", "data is set aside on", "data of a running member", "two clusters at once",
                             "another cluster begins", "store was compared", "data is moved", "data is put back",
                             "in use is copied", "is started with no data", "runs twice", "which does not answer"}) {
    if (forbidden.find(reason) != std::string::npos) return true;
  }
  return false;
}

std::string forbidden_by_model(const ScriptedCluster& cluster, const Plan& plan) {
  ClusterModel model(cluster);
  try {
    for (const Step& step : plan.steps()) model.apply(step);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

std::vector<Plan> spoilt(const Plan& plan) {
  std::vector<Plan> plans;
  for (int i = 0; i < plan.steps_size(); ++i) {
    Plan& without = plans.emplace_back(plan);
    without.mutable_steps()->DeleteSubrange(i, 1);
    if (i + 1 < plan.steps_size()) plans.emplace_back(plan).mutable_steps()->SwapElements(i, i + 1);
    if (i > 0) plans.emplace_back(plan).mutable_steps()->SwapElements(0, i);
    Plan& twice = plans.emplace_back(plan);
    *twice.add_steps() = plan.steps(i);
    for (int j = 0; j < plan.steps(i).operations_size(); ++j) {
      plans.emplace_back(plan).mutable_steps(i)->mutable_operations()->DeleteSubrange(j, 1);
    }
  }
  return plans;
}

TEST_CASE("what is made of a good plan by leaving out, swapping or repeating is never proven where the model forbids it",
          "[proof]") {
  std::size_t forbidden = 0;
  for (const std::filesystem::path& path : golden_files()) {
    for (const ScriptCase& script : read_script(file_text(path))) {
      const Observation observation = script.cluster.observe();
      const Plan plan = make_plan(script.cluster.spec, observation, script.request);
      if (plan.steps_size() == 0) continue;
      INFO(path.filename().string() << ": " << script.name << "\n" << plan_text(plan, Style::plain));
      if (const auto breach = prove(observation, plan)) FAIL(breach->step << ": " << breach->rule << "\n" << breach->state);
      for (const Plan& bad : spoilt(plan)) {
        const std::string reason = forbidden_by_model(script.cluster, bad);
        if (!is_of_membership_or_data(reason)) continue;
        ++forbidden;
        INFO("spoilt:\n" << plan_text(bad, Style::plain) << "the model: " << reason);
        CHECK(prove(observation, bad));
      }
    }
  }
  CHECK(forbidden > 100);
}

}  // namespace
}  // namespace quorate
