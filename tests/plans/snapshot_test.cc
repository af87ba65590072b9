// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "plans/plan.h"
#include "plans/snapshot_source.h"
#include "plans/snapshot_verdict.h"
#include "tests/plans/support/cluster_script.h"
#include "tests/plans/support/scripted_cluster.h"

namespace quorate {
namespace {

ScriptedCluster three() { return healthy_cluster({"node1", "node2", "node3"}); }

std::string source_of(const ScriptedCluster& cluster, const std::string& wanted = "") {
  const auto source = snapshot_source(cluster.spec, cluster.observe(), wanted);
  return source.ok() ? source->node + (source->with_quorum ? "" : " without quorum") : message_of(source.status());
}

TEST_CASE("a follower gives the snapshot before the leader does") {
  ScriptedCluster cluster = three();
  for (const std::string leader : {"node1", "node2"}) {
    cluster.leader_id = cluster.node(leader).data.member_id;
    CHECK(source_of(cluster) == (leader == "node1" ? "node2" : "node1"));
  }
  CHECK(source_of(cluster, "node2") == "node2");
}

TEST_CASE("without a quorum the survivor gives it, and it is known as one") {
  ScriptedCluster cluster = three();
  cluster.node("node1").etcd = Running::stopped;
  cluster.node("node2").etcd = Running::stopped;
  cluster.elect();
  CHECK(source_of(cluster) == "node3 without quorum");
}

TEST_CASE("where no etcd answers, or the wanted one does not, that is said") {
  ScriptedCluster cluster = three();
  cluster.node("node2").etcd = Running::stopped;
  CHECK_THAT(source_of(cluster, "node2"), Catch::Contains("etcd on node2 does not answer"));
  CHECK_THAT(source_of(cluster, "node9"), Catch::Contains("no node node9"));
  for (ScriptedNode& node : cluster.nodes) node.etcd = Running::stopped;
  CHECK_THAT(source_of(cluster), Catch::Contains("no member's etcd answers"));
}

TEST_CASE("beside a restore no backup is deleted, of which it may restore the oldest") {
  const auto kept = [](const std::string& asked) {
    const std::string tools = "node1 tool etcdutl 3.5.16\nnode2 tool etcdutl 3.5.16\nnode3 tool etcdutl 3.5.16\n";
    const ScriptCase script = read_script("case x\nspec backup ./backups 3\n" + tools + asked + "\nplan\n----\n====\n").front();
    const Plan plan = make_plan(script.cluster.spec, script.cluster.observe(), script.request);
    REQUIRE(plan.steps_size() > 0);
    REQUIRE(plan.steps(0).has_back_up());
    return plan.steps(0).operations(0).save_backup().keep();
  };
  CHECK(kept("node3 wiped") == 3);
  CHECK(kept("restore all") == 0);
}

SnapshotContents contents_of(const std::string& name, const std::string& address) {
  SnapshotContents contents;
  contents.set_revision(61000);
  contents.set_keys(20417);
  Member& member = *contents.add_members();
  member.set_id("8e9e05c52164694d");
  member.set_name(name);
  member.add_peer_urls("https://" + address + ":2380");
  return contents;
}

TEST_CASE("a snapshot is another cluster's where none of its members is the spec's") {
  const Spec spec = three().spec;
  struct Row {
    const char* name;
    const char* address;
    Kinship kinship;
    bool own;
  };
  const Row rows[] = {
      {"node1", "10.20.30.101", Kinship::address, true},       {"other", "10.20.30.101", Kinship::address, true},
      {"node1", "192.0.2.1", Kinship::address, false},         {"node1", "192.0.2.1", Kinship::address_or_name, true},
      {"other", "192.0.2.1", Kinship::address_or_name, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name, row.address);
    CHECK(foreign_because(contents_of(row.name, row.address), spec, row.kinship).empty() == row.own);
  }
  CHECK(foreign_because({}, spec, Kinship::address).empty());
}

TEST_CASE("a spec of names alone is matched by names") {
  Spec spec = three().spec;
  for (MemberSpec& member : *spec.mutable_spec()->mutable_members()) member.set_host(member.name() + ".example.com");
  CHECK(foreign_because(contents_of("node1", "192.0.2.1"), spec, Kinship::address).empty());
  CHECK_FALSE(foreign_because(contents_of("other", "192.0.2.1"), spec, Kinship::address).empty());
}

TEST_CASE("what a descriptor says otherwise is said, each of it") {
  SnapshotReport report;
  report.set_bytes(4128);
  report.set_sha256("ab");
  *report.mutable_contents() = contents_of("node1", "10.20.30.101");
  SnapshotDescriptor descriptor;
  descriptor.set_bytes(4128);
  descriptor.set_sha256("ab");
  *descriptor.mutable_contents() = report.contents();
  CHECK(differences(report, descriptor).empty());
  descriptor.set_bytes(1);
  descriptor.set_sha256("cd");
  descriptor.mutable_contents()->set_revision(2);
  descriptor.mutable_contents()->set_keys(3);
  descriptor.mutable_contents()->clear_members();
  CHECK(differences(report, descriptor).size() == 5);
}

}  // namespace
}  // namespace quorate
