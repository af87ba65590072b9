// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/saved_plan.h"

#include <string>

#include <catch2/catch.hpp>

#include "schemas/digest.h"
#include "schemas/json.h"
#include "tests/plans/support/cluster_script.h"
#include "tests/support/program.h"

namespace quorate::cli {
namespace {

Plan made_plan() {
  Plan plan;
  plan.set_api_version("quorate/v1alpha1");
  plan.set_kind("Plan");
  plan.set_cluster("lab");
  plan.set_run_id("0123456789ab");
  plan.set_spec_digest("s");
  for (const char* fact : {"it is etcd cluster cdf818194e3a8c32", "node3: its etcd serves", "node3: it answers"})
    plan.add_facts(fact);
  plan.add_steps()->set_id("1");
  plan.set_id(sha256_hex(to_json(plan, JsonForm::line)).substr(0, 16));
  return plan;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("a plan file that was cut, edited or made by another version is refused, and it is said which", "[saved]") {
  const test::TemporaryDirectory folder;
  const std::string whole = to_json(made_plan(), JsonForm::pretty);
  const auto problem_of = [&](const std::string& content) {
    return message_of(read_plan(test::write_file(folder.path() / "plan.json", content)).status());
  };
  CHECK(problem_of(whole).empty());
  for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
    INFO("cut at " << length);
    CHECK(problem_of(whole.substr(0, length)).find("cannot be read as Plan by this version") != std::string::npos);
  }
  CHECK(problem_of(replaced(whole, "node3: its etcd serves", "node3: its etcd is stopped")).find("was changed") !=
        std::string::npos);
  CHECK(problem_of(replaced(whole, "0123456789ab", "0123456789ac")).find("was changed") != std::string::npos);
  const std::string newer = replaced(whole, "quorate/v1alpha1", "quorate/v1");
  CHECK(problem_of(newer).find("made by another version: quorate/v1") != std::string::npos);
  CHECK(problem_of(replaced(newer, "\"kind\"", "\"sort\": 7, \"kind\"")).find("made by another version: quorate/v1") !=
        std::string::npos);
  CHECK(problem_of(replaced(whole, "\"kind\"", "\"sort\": 7, \"kind\"")).find("sort") != std::string::npos);
  // Its keys may mean something else, and be of other types.
  CHECK(problem_of(replaced(newer, R"("cluster": "lab")", R"("cluster": {"name": 7})")).find("another version: quorate/v1") !=
        std::string::npos);
  CHECK(problem_of("{}").find("is not of kind Plan") != std::string::npos);
  CHECK(problem_of(replaced(whole, R"("kind": "Plan")", R"("kind": "Observation")")).find("is not of kind Plan") !=
        std::string::npos);
}

ScriptedCluster lost_data(std::uint64_t database_bytes) {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  tell_node(cluster, "node3", {"wiped"});
  for (ScriptedNode& node : cluster.nodes) node.database = database_bytes;
  return cluster;
}

TEST_CASE("a plan stays as it was saved however much is written, until what a member receives has more than doubled", "[saved]") {
  struct Row {
    std::uint64_t before, now;
    bool stays;
  };
  constexpr std::uint64_t mebibyte = 1U << 20U;
  for (const Row& row : {Row{1'040'000, 1'050'000, true}, Row{200 * mebibyte, 390 * mebibyte, true},
                         Row{390 * mebibyte, 100 * mebibyte, true}, Row{200 * mebibyte, 500 * mebibyte, false}}) {
    INFO(row.before << " " << row.now);
    const ScriptedCluster before = lost_data(row.before);
    const ScriptedCluster now = lost_data(row.now);
    const Plan saved = make_plan(before.spec, before.observe(), {});
    REQUIRE(saved.steps_size() > 2);
    const Plan made = make_plan(now.spec, now.observe(), {.database_bytes = saved.database_bytes()});
    CHECK(is_as_saved(saved, made) == row.stays);
    if (!row.stays) CHECK(changes_since(saved, made).find("the databases' size") != std::string::npos);
  }
}

TEST_CASE("a plan that another leader makes stale says who leads", "[saved]") {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  (*cluster.spec.mutable_spec()->mutable_etcd()->mutable_extra_args())["heartbeat-interval"] = "200";
  cluster.leader_id = scripted_id("node1");
  const Plan saved = make_plan(cluster.spec, cluster.observe(), {});
  cluster.leader_id = scripted_id("node2");
  const Plan now = make_plan(cluster.spec, cluster.observe(), {});
  REQUIRE_FALSE(is_as_saved(saved, now));
  CHECK(changes_since(saved, now) ==
        "another member leads, and whoever leads comes last.\n  was: node1 leads\n  now: node2 leads\n");
}

TEST_CASE("a stale plan says what was so and is not, and what is instead", "[saved]") {
  Plan now = made_plan();
  SECTION("a node") {
    now.set_facts(1, "node3: its etcd is stopped");
    CHECK(changes_since(made_plan(), now) ==
          "the cluster has changed since it was made.\n  was: node3: its etcd serves\n  now: node3: its etcd is stopped\n");
  }
  SECTION("another cluster") {
    now.set_facts(0, "it is etcd cluster 7e27652122e8b2ae");
    CHECK(changes_since(made_plan(), now).find("  was: it is etcd cluster cdf818194e3a8c32\n  now: it is etcd cluster 7e27") !=
          std::string::npos);
  }
  SECTION("the spec") {
    now.set_spec_digest("t");
    CHECK(changes_since(made_plan(), now) == "the spec has changed since it was made.\n");
  }
  SECTION("the unfinished run") {
    now.set_run_id("ffffffffffff");
    CHECK(changes_since(made_plan(), now).find("run") != std::string::npos);
  }
}

}  // namespace
}  // namespace quorate::cli
