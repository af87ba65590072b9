// SPDX-License-Identifier: Apache-2.0
// The proof against operations that break a rule, written by hand: each rule of etcd's membership, of data and of what is run.
#include <functional>

#include <catch2/catch.hpp>

#include "plans/proof/prove.h"
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

Change parks(const std::string& node) {
  return [=](Operation& operation) {
    operation.mutable_move_path()->set_node(node);
    operation.mutable_move_path()->set_from(manifest);
    operation.mutable_move_path()->set_to("/var/lib/quorate/1/etcd.yaml");
  };
}
Change sets_aside(const std::string& node) {
  return [=](Operation& operation) {
    operation.mutable_move_entries()->set_node(node);
    operation.mutable_move_entries()->set_from("/var/lib/etcd");
    operation.mutable_move_entries()->set_to("/var/lib/etcd/.quorate-1");
  };
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

Change disarms(const std::string& alarm) {
  return [=](Operation& operation) { operation.mutable_disarm()->set_alarm(alarm); };
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
      {"nobody gets a copy of a store",
       {{"node1", {"alarm", "CORRUPT"}}, {"node3", {"hash", "78"}}},
       {removes("node2"), adds(fourth)}},
      {"nobody votes with a copy of a store",
       {{"node1", {"alarm", "CORRUPT"}}, {"node2", {"hash", "78"}}, {"node3", {"learner"}}},
       {promotes("https://10.20.30.103:2380")}},
      {"nothing is served while stores differ", {{"node1", {"alarm", "CORRUPT"}}, {"node3", {"hash", "78"}}}, {disarms("CORRUPT")}},
      {"without a quorum nothing is written",
       {{"node3", {"alarm", "NOSPACE"}}, {"node1", {"silent"}}, {"node2", {"silent"}}},
       {disarms("NOSPACE")}},
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

// The step says nothing of voters, or of writes, so the comparison with that comes last, if nothing else is broken.
TEST_CASE("each rule is broken by a plan that breaks it, at its last operation and not before", "[proof]") {
  for (const BadPlan& bad : bad_plans()) {
    INFO(bad.rule);
    const std::optional<Breach> breach = prove_operations(bad, bad.operations.size());
    REQUIRE(breach);
    INFO(breach->rule << "\n" << breach->state);
    CHECK(breach->rule.find(bad.rule) != std::string::npos);
    CHECK(breach->step == "1");
    const std::optional<Breach> before = prove_operations(bad, bad.operations.size() - 1);
    CHECK((!before || before->rule.find("what a step says of") == 0));
  }
}

}  // namespace
}  // namespace quorate
