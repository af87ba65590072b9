// SPDX-License-Identifier: Apache-2.0
// The proof against plans that break a rule: some written by hand, and many that were made of good ones, of which the model in
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

struct BadPlan {
  std::string rule;
  std::vector<std::pair<std::string, std::vector<std::string>>> story;
  std::vector<Change> operations;
};

void park(const std::string& node, Operation& operation) {
  operation.mutable_move_path()->set_node(node);
  operation.mutable_move_path()->set_from(manifest);
  operation.mutable_move_path()->set_to("/var/lib/quorate/1/etcd.yaml");
}

void set_aside(const std::string& node, Operation& operation) {
  operation.mutable_move_entries()->set_node(node);
  operation.mutable_move_entries()->set_from("/var/lib/etcd");
  operation.mutable_move_entries()->set_to("/var/lib/etcd/.quorate-1");
}

Change parks(const std::string& node) {
  return [=](Operation& operation) { park(node, operation); };
}
Change sets_aside(const std::string& node) {
  return [=](Operation& operation) { set_aside(node, operation); };
}
Change adds(const std::string& url) {
  return [=](Operation& operation) { operation.mutable_member_add()->set_peer_url(url); };
}
Change removes(const std::string& node) {
  return [=](Operation& operation) { operation.mutable_member_remove()->set_member_id(scripted_id(node)); };
}
Change promotes(const std::string& url) {
  return [=](Operation& operation) { operation.mutable_member_promote()->set_peer_url(url); };
}
Change starts(const std::string& node, const std::string& address, const std::vector<std::string>& arguments = {}) {
  return [=](Operation& operation) {
    PutFile& put = *operation.mutable_put_file();
    put.set_node(node);
    put.set_path(manifest);
    put.set_content(scripted_manifest(node, address, node + "=https://" + address + ":2380", arguments));
  };
}
Change deletes(const std::string& node, const std::string& path) {
  return [=](Operation& operation) {
    operation.mutable_run_command()->set_node(node);
    for (const std::string& word : {std::string("rm"), std::string("-rf"), std::string("--"), path}) {
      operation.mutable_run_command()->add_arguments(word);
    }
  };
}

Change writes(const std::string& path) {
  return [=](Operation& operation) {
    operation.mutable_put_file()->set_node("node3");
    operation.mutable_put_file()->set_path(path);
  };
}
Change moves(const std::string& from, const std::string& to) {
  return [=](Operation& operation) {
    operation.mutable_move_path()->set_node("node3");
    operation.mutable_move_path()->set_from(from);
    operation.mutable_move_path()->set_to(to);
  };
}
Change runs(const std::vector<std::string>& words) {
  return [=](Operation& operation) {
    operation.mutable_run_command()->set_node("node3");
    for (const std::string& word : words) operation.mutable_run_command()->add_arguments(word);
  };
}
Change updates(const std::string& node, const std::string& url) {
  return [=](Operation& operation) {
    operation.mutable_member_update()->set_member_id(scripted_id(node));
    operation.mutable_member_update()->set_peer_url(url);
  };
}
Change leads(const std::string& node) {
  return [=](Operation& operation) { operation.mutable_leader_move()->set_to_member_id(scripted_id(node)); };
}
Change drops(const std::string& prefix) {
  return [=](Operation& operation) {
    operation.mutable_delete_prefix()->set_node("node1");
    operation.mutable_delete_prefix()->set_prefix(prefix);
  };
}

Change resets(const std::string& node, const std::string& from) {
  return [=](Operation& operation) {
    operation.mutable_kubeadm_join()->set_node(node);
    operation.mutable_kubeadm_join()->set_from_node(from);
    operation.mutable_kubeadm_join()->set_folder("/var/lib/quorate/1");
  };
}

const std::vector<BadPlan>& bad_plans() {
  static const std::string fourth = "https://10.20.30.104:2380";
  static const std::vector<BadPlan> plans = {
      {"no step takes the quorum away", {}, {parks("node1"), parks("node2")}},
      {"no step takes the quorum away", {{"node3", {"silent"}}}, {parks("node1")}},
      {"nothing is done on a node that does not answer", {{"node3", {"silent"}}}, {parks("node3")}},
      {"data is moved only where etcd is stopped", {}, {sets_aside("node3")}},
      {"without a quorum every member's data stays",
       {{"node1", {"stopped"}}, {"node2", {"stopped"}}},
       {parks("node1"), sets_aside("node1")}},
      {"no member is added while a voter is down", {{"node3", {"silent"}}}, {adds(fourth)}},
      {"while there is a learner nothing else", {}, {adds(fourth), adds("https://10.20.30.105:2380")}},
      {"while there is a learner nothing else", {}, {adds(fourth), removes("node3")}},
      {"no two members have one peer URL", {}, {adds("https://10.20.30.101:2380")}},
      {"without a quorum no member is", {{"node1", {"silent"}}, {"node2", {"silent"}}}, {removes("node1")}},
      {"a removal leaves a quorum", {{"node3", {"silent"}}}, {removes("node2")}},
      {"only a listed member is removed", {}, {removes("node3"), removes("node3")}},
      {"a learner is promoted once it serves", {}, {adds(fourth), promotes(fourth)}},
      {"only a learner is promoted", {}, {promotes("https://10.20.30.101:2380")}},
      {"until it has caught up", {{"node3", {"learner"}}}, {promotes("https://10.20.30.103:2380")}},
      {"no two members have one peer URL", {}, {updates("node3", "https://10.20.30.101:2380")}},
      {"only a listed member's URL", {}, {updates("node9", fourth)}},
      {"a learner's URL stays as it is", {{"node3", {"learner"}}}, {updates("node3", fourth)}},
      {"leadership is handed to a voter", {{"node3", {"stopped"}}}, {leads("node3")}},
      {"leadership is handed to a voter", {{"node3", {"learner"}}}, {leads("node3")}},
      {"data is moved only where etcd is stopped",
       {{"node3", {"stopped"}}, {"node3", {"unknown", "containers"}}},
       {sets_aside("node3")}},
      {"data is moved only where etcd is stopped",
       {{"node3", {"stopped"}}, {"node3", {"unknown", "processes"}}},
       {sets_aside("node3")}},
      {"nothing is written into a member's data", {}, {writes("/var/lib/etcd/member/snap/db")}},
      {"a member's data is moved whole", {{"node3", {"stopped"}}}, {moves("/var/lib/etcd/member/wal", "/tmp/wal")}},
      {"a member's data is moved whole", {{"node3", {"stopped"}}}, {moves("/tmp/wal", "/var/lib/etcd/member/wal")}},
      {"no key is deleted but the leases", {}, {drops("/registry/masterleases/"), drops("/registry/")}},
      {"no key is deleted but the leases", {}, {drops("")}},
      {"nothing is deleted but what quorate made", {}, {deletes("node3", "/var/lib/etcd/.quorate-1/../member")}},
      {"no command is run but one that is known", {}, {runs({"sh", "-c", "true"})}},
      {"force-new-cluster is in no manifest",
       {{"node3", {"flag", "force-new-cluster"}}, {"node3", {"manifest", "parked"}}},
       {moves("/var/lib/quorate/0c1d2e3f4a5b/etcd.yaml", manifest)}},
      {"force-new-cluster is in no manifest", {}, {starts("node1", "10.20.30.101", {"--force-new-cluster"})}},
      {"a manifest that is written can be read", {}, {[](Operation& operation) {
         operation.mutable_put_file()->set_node("node1");
         operation.mutable_put_file()->set_path(manifest);
         operation.mutable_put_file()->set_content("no pod");
       }}},
      {"only as a learner that has not started before",
       {{"node3", {"wiped"}}},
       {starts("node3", "10.20.30.103", {"--initial-cluster-state=existing"})}},
      {"as a member of the cluster that there is", {{"node3", {"wiped"}}}, {starts("node3", "10.20.30.103")}},
      {"data of a member that is not listed", {}, {removes("node3"), parks("node3"), starts("node3", "10.20.30.103")}},
      {"data of another cluster is not started",
       {{"node3", {"data", "foreign"}}},
       {parks("node3"), starts("node3", "10.20.30.103")}},
      {"nothing is deleted but what quorate made", {}, {deletes("node1", "/var/lib/etcd/member")}},
      {"only while every voter serves",
       {{"node3", {"data", "foreign"}}},
       {parks("node3"), sets_aside("node3"), deletes("node3", "/var/lib/etcd/.quorate-1")}},
      {"a node is reset where etcd is stopped", {}, {removes("node3"), resets("node3", "node1")}},
      {"a node is reset once its data is set aside", {}, {removes("node3"), parks("node3"), resets("node3", "node1")}},
      {"invited by another whose API server runs", {}, {resets("node3", "node3")}},
      {"without a quorum no node is reset", {{"node1", {"stopped"}}, {"node2", {"stopped"}}}, {resets("node3", "node1")}},
  };
  return plans;
}

std::optional<Breach> prove_operations(const BadPlan& bad, std::size_t count) {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  for (const auto& [node, line] : bad.story) tell_node(cluster, node, line);
  cluster.elect();
  Plan plan;
  plan.set_cluster_id(scripted_cluster_id);
  Step& step = *plan.add_steps();
  step.set_id("1");
  for (std::size_t i = 0; i < count; ++i) bad.operations[i](*step.add_operations());
  return prove(cluster.observe(), plan);
}

// The step says nothing of voters, so the comparison with that comes last, if nothing else is broken.
TEST_CASE("each rule is broken by a plan that breaks it, at its last operation and not before", "[proof]") {
  for (const BadPlan& bad : bad_plans()) {
    INFO(bad.rule);
    const std::optional<Breach> breach = prove_operations(bad, bad.operations.size());
    REQUIRE(breach);
    INFO(breach->rule << "\n" << breach->state);
    CHECK(breach->rule.find(bad.rule) != std::string::npos);
    CHECK(breach->step == "1");
    const std::optional<Breach> before = prove_operations(bad, bad.operations.size() - 1);
    CHECK((!before || before->rule.find("what a step says of the cluster is so") == 0));
  }
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
  static const std::vector<SpoiltPlan> plans = {
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

TEST_CASE("each rule of a restore or of a rotation is broken by a good plan that is spoilt in one place", "[proof]") {
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
  for (const char* reason : {"is added", "a second learner", "Peer URLs already exists", "is removed without",
                             "takes the quorum away", "data is set aside on", "data of a running member", "two clusters at once",
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
