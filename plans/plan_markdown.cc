// SPDX-License-Identifier: Apache-2.0
#include "plans/plan_markdown.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

#include "plans/facts.h"
#include "plans/intents.h"
#include "plans/operation_text.h"
#include "plans/plan_text.h"

namespace quorate {
namespace {

std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char character) { return static_cast<unsigned char>(character) < 0x20; }, ' ');
  return text;
}

std::string replaced(const std::string& text, const std::map<char, std::string>& by) {
  std::string result;
  for (const char character : on_one_line(text)) {
    const auto found = by.find(character);
    result += found == by.end() ? std::string(1, character) : found->second;
  }
  return result;
}

// Entities hold in text and in the raw HTML of a summary alike; a backslash would not. Mentions, links to issues and formulas are
// looked for after that, but not across the end of an element.
std::string prose(const std::string& text) {
  return replaced(text, {{'&', "&amp;"},
                         {'<', "&lt;"},
                         {'>', "&gt;"},
                         {'*', "&#42;"},
                         {'_', "&#95;"},
                         {'`', "&#96;"},
                         {'[', "&#91;"},
                         {']', "&#93;"},
                         {'~', "&#126;"},
                         {'|', "&#124;"},
                         {'\\', "&#92;"},
                         {'@', "<span>&#64;</span>"},
                         {'#', "<span>&#35;</span>"},
                         {'$', "<span>&#36;</span>"}});
}

// A span ends with as many backticks as it began with.
std::string code(const std::string& text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char character : text) {
    run = character == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string ticks(longest + 1, '`');
  const std::string space = longest > 0 ? " " : "";
  return ticks + space + on_one_line(text) + space + ticks;
}

// Mermaid reads a label as Markdown, of which it draws neither a list nor a link, and finds directives anywhere in the graph. An
// entity of its own, # and a number, is always the character alone.
std::string label(const std::string& text) {
  constexpr std::string_view harmless = " -(),/";
  std::string result;
  for (const char character : on_one_line(text)) {
    const auto byte = static_cast<unsigned char>(character);
    const bool kept = byte >= 0x80 || std::isalnum(byte) != 0 || harmless.find(character) != std::string_view::npos;
    result += kept ? std::string(1, character) : "#" + std::to_string(byte) + ";";
  }
  return "\"" + result + "\"";
}

template <typename Findings>
std::string section(const std::string& title, const Findings& findings) {
  if (findings.empty()) return "";
  std::string text = "\n#### " + title + "\n";
  for (const Finding& finding : findings) {
    text += "- **" + prose(finding.subject().empty() ? "cluster" : finding.subject()) + "** " + code(finding.kind()) + " " +
            prose(finding.summary()) + "\n";
    for (const std::string& evidence : finding.evidence()) text += "  - " + code(evidence) + "\n";
    if (!finding.remedy().empty()) text += "  - → " + prose(finding.remedy()) + "\n";
  }
  return text;
}

std::string graph(const Plan& plan) {
  std::string text = "```mermaid\nflowchart TD\n";
  for (const Step& step : plan.steps()) {
    text += "  s" + step.id() + "[" + label(step.id() + ". " + step.title()) + "]\n";
    for (const std::string& before : step.after()) text += "  s" + before + " --> s" + step.id() + "\n";
  }
  return text + "```\n";
}

// The blank line is what lets Markdown in below the raw HTML.
std::string step_markdown(const Plan& plan, const Step& step) {
  std::string text = "\n<details><summary><b>" + step.id() + ". " + prose(step.title()) + "</b><br>" +
                     prose(safety_text(plan, step)) + "</summary>\n\n" + prose(step.why()) + "\n\n";
  for (const Fact& fact : step.guards()) text += "- needs: " + prose(text_of(fact)) + "\n";
  for (const Operation& operation : step.operations()) text += "- does: " + code(text_of(operation)) + "\n";
  for (const Fact& fact : step.checks()) text += "- check: " + prose(text_of(fact)) + "\n";
  for (const Operation& operation : step.undo()) text += "- undo: " + code(text_of(operation)) + "\n";
  return text + "\n</details>\n";
}

}  // namespace

std::string plan_markdown(const Plan& plan) {
  std::string text = "### Plan " + code(plan.id()) + " for cluster **" + prose(plan.cluster()) + "**\n";
  text += closing_text(plan, Style::plain, Preview::of_plan);
  if (!plan.cluster_id().empty()) text += "\netcd cluster " + code(plan.cluster_id()) + "\n";
  for (const Intent& intent : plan.intents()) text += "\nasked for: " + code(text_of(intent)) + "\n";
  if (plan.abandoning()) text += "\nabandons run " + code(plan.run_id()) + "\n";
  text += section("Findings", plan.findings());
  text += section("Refused", plan.refusals());
  text += section("Differs from the spec, and waits", plan.drift());
  if (plan.steps().empty()) return text;
  text += "\n#### Steps\n" + graph(plan);
  for (const Step& step : plan.steps()) text += step_markdown(plan, step);
  return text;
}

}  // namespace quorate
