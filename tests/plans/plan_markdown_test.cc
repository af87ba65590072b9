// SPDX-License-Identifier: Apache-2.0
#include "plans/plan_markdown.h"

#include <regex>

#include <catch2/catch.hpp>

#include "plans/facts.h"
#include "plans/lookup.h"
#include "plans/operation_text.h"
#include "plans/plan.h"
#include "tests/plans/golden_files.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

constexpr const char* poison =
    "x`y``z <script>alert(1)</script> **b** | [a](http://b) @all $a$ #1 www.b.com %%{init: {}}%% \"q\"\n# new";

Plan poisoned() {
  Plan plan;
  plan.set_id("0123456789abcdef");
  plan.set_cluster(poison);
  Finding& finding = *plan.add_findings();
  finding.set_kind("data-damaged");
  finding.set_subject(poison);
  finding.set_summary(poison);
  finding.add_evidence(poison);
  finding.set_remedy(poison);
  Step& step = *plan.add_steps();
  step.set_id("1");
  step.set_title(poison);
  step.set_why(poison);
  step.add_operations()->mutable_move_path()->set_from(poison);
  return plan;
}

// Between the quotes of a line of a graph; nothing where it is an arrow.
std::vector<std::string> labels(const std::string& markdown) {
  std::vector<std::string> found;
  for (const std::string& line : split(markdown, '\n')) {
    const std::size_t begin = line.find("[\"");
    if (line.rfind("  s", 0) == 0 && begin != std::string::npos)
      found.push_back(line.substr(begin + 2, line.rfind('"') - begin - 2));
  }
  return found;
}

void check_labels(const Plan& plan) {
  const std::vector<std::string> found = labels(plan_markdown(plan));
  REQUIRE(found.size() == static_cast<std::size_t>(plan.steps_size()));
  for (int index = 0; index < plan.steps_size(); ++index) {
    const std::string& text = found[static_cast<std::size_t>(index)];
    INFO(text);
    CHECK(text.rfind(plan.steps(index).id() + "#46; ", 0) == 0);
    const std::string drawn = std::regex_replace(text, std::regex("#[0-9]+;"), "");
    CHECK(drawn.find_first_of("!\"#$%&'*+.:;<=>?@[\\]^_`{|}~") == std::string::npos);
  }
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++times;
  return times;
}

// What is left of a line when its code is taken out: a span ends with as many backticks as it began with.
std::string without_code(const std::string& line) {
  std::string rest;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t ticks = line[at] == '`' ? std::min(line.find_first_not_of('`', at), line.size()) - at : 0;
    if (ticks == 0) {
      rest += line[at++];
      continue;
    }
    std::size_t end = at + ticks;
    for (std::size_t run = 0; end < line.size() && run != ticks; end += run) {
      end = line.find('`', end);
      REQUIRE(end != std::string::npos);
      run = std::min(line.find_first_not_of('`', end), line.size()) - end;
    }
    at = end;
  }
  return rest;
}

TEST_CASE("what a node says is text in a plan's Markdown, and ends neither the code nor the graph that it is in", "[markdown]") {
  bool in_graph = false;
  for (const std::string& line : split(plan_markdown(poisoned()), '\n')) {
    INFO(line);
    if (line.rfind("```", 0) == 0) {
      in_graph = !in_graph;
      continue;
    }
    if (in_graph) {
      CHECK(count(line, "\"") % 2 == 0);
      CHECK(count(line, "\"") <= 2);
      CHECK(count(line, "<") == 0);
      continue;
    }
    const std::string rest = without_code(line);
    for (const char* markup : {"<script", "](", "@", "**b**", "|", "$", " #1"}) CHECK(rest.find(markup) == std::string::npos);
    CHECK(line.rfind("# new", 0) == std::string::npos);
  }
  CHECK_FALSE(in_graph);
}

TEST_CASE("a label of a plan's graph is to Mermaid no list, no link and no other Markdown", "[markdown]") {
  check_labels(poisoned());
  for (const std::filesystem::path& path : golden_files()) {
    for (const ScriptCase& script : read_script(file_text(path))) {
      INFO(path.filename().string() << ": " << script.name);
      check_labels(make_plan(script.cluster.spec, script.cluster.observe(), script.request));
    }
  }
}

TEST_CASE("a plan's Markdown has every finding, step, operation and check of it, and an arrow for each that waits", "[markdown]") {
  for (const std::filesystem::path& path : golden_files()) {
    for (const ScriptCase& script : read_script(file_text(path))) {
      const Plan plan = make_plan(script.cluster.spec, script.cluster.observe(), script.request);
      const std::string text = plan_markdown(plan);
      INFO(path.filename().string() << ": " << script.name << "\n" << text);
      CHECK(count(text, "<details>") == static_cast<std::size_t>(plan.steps_size()));
      CHECK(count(text, "</details>") == static_cast<std::size_t>(plan.steps_size()));
      CHECK(count(text, " --> ") == static_cast<std::size_t>(std::max(0, plan.steps_size() - 1)));
      for (const Step& step : plan.steps()) {
        for (const Operation& operation : step.operations()) CHECK(text.find(text_of(operation)) != std::string::npos);
        CHECK(count(text, "- check: ") >= static_cast<std::size_t>(step.checks_size()));
      }
      for (const Finding& finding : plan.findings()) CHECK(text.find("`" + finding.kind() + "`") != std::string::npos);
      CHECK(count(text, "#### Refused\n") == (plan.refusals().empty() ? 0U : 1U));
    }
  }
}

}  // namespace
}  // namespace quorate
