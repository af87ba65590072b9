// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/saved_plan.h"

#include <string>

#include <catch2/catch.hpp>

#include "schemas/digest.h"
#include "schemas/json.h"
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
    CHECK(problem_of(whole.substr(0, length)).find("is not a plan that this version can read") != std::string::npos);
  }
  CHECK(problem_of(replaced(whole, "node3: its etcd serves", "node3: its etcd is stopped")).find("was changed") !=
        std::string::npos);
  CHECK(problem_of(replaced(whole, "0123456789ab", "0123456789ac")).find("was changed") != std::string::npos);
  const std::string newer = replaced(whole, "quorate/v1alpha1", "quorate/v1");
  CHECK(problem_of(newer).find("made by another version: quorate/v1") != std::string::npos);
  CHECK(problem_of(replaced(newer, "\"kind\"", "\"sort\": 7, \"kind\"")).find("made by another version: quorate/v1") !=
        std::string::npos);
  CHECK(problem_of(replaced(whole, "\"kind\"", "\"sort\": 7, \"kind\"")).find("sort") != std::string::npos);
  CHECK(problem_of("{}").find("is not a plan") != std::string::npos);
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
