// SPDX-License-Identifier: Apache-2.0
#include "plans/restore_tool.h"

#include <catch2/catch.hpp>

#include "tests/plans/support/scripted_cluster.h"

namespace quorate {
namespace {

NodeFacts node_that_runs(const std::string& version) {
  NodeFacts facts;
  facts.set_manifest_directory(manifest_folder);
  Manifest& manifest = *facts.add_manifests();
  manifest.set_path(std::string(manifest_folder) + "/etcd.yaml");
  manifest.set_content(
      scripted_manifest("node1", "10.20.30.101", "node1=https://10.20.30.101:2380", {}, "registry.k8s.io/etcd:" + version + "-0"));
  return facts;
}

TEST_CASE("a snapshot is restored by a tool of about the version of the etcd that will run, wherever the tool is", "[restore]") {
  const struct {
    std::string etcd;
    std::string tool;
    bool fits;
  } cases[] = {{"3.4.13", "3.4.23", true}, {"3.4.13", "3.5.16", true},  {"3.4.13", "3.6.4", false},
               {"3.5.16", "3.4.23", true}, {"3.6.16", "3.4.23", false}, {"3.6.16", "3.5.16", true},
               {"3.6.16", "3.7.3", true},  {"3.7.3", "3.5.16", false},  {"latest", "3.4.23", true}};
  for (const auto& [etcd, version, fits] : cases) {
    INFO("etcd " << etcd << ", tool " << version);
    NodeFacts facts = node_that_runs(etcd);
    Intent::Restore restore;
    WorkstationTool& here = *restore.add_tools();
    here.set_name("etcdutl");
    here.set_version(version);
    CHECK(restore_tool(facts, restore, "node1").has_value() == fits);
    here.set_name("etcd");
    WorkstationTool& client = *restore.add_tools();
    client.set_name("etcdctl");
    client.set_version(version);
    CHECK(etcd_program(facts, restore).has_value() == fits);
    Tool& host = *facts.add_tools();
    host.set_name("etcdutl");
    host.set_version(version);
    CHECK(restore_tool(facts, {}, "node1").has_value() == fits);
  }
}

TEST_CASE("where no manifest is on a node, its tool is of about the version that the cluster runs", "[restore]") {
  const NodeFacts facts;
  Intent::Restore restore;
  restore.set_etcd_version("3.7.3");
  WorkstationTool& here = *restore.add_tools();
  here.set_name("etcdutl");
  here.set_version("3.6.16");
  CHECK(restore_tool(facts, restore, "node1"));
  here.set_version("3.4.23");
  CHECK_FALSE(restore_tool(facts, restore, "node1"));
}

}  // namespace
}  // namespace quorate
