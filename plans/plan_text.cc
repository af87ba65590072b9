// SPDX-License-Identifier: Apache-2.0
#include "plans/plan_text.h"

#include <algorithm>

#include "plans/facts.h"
#include "plans/finding.h"
#include "plans/intents.h"
#include "plans/operation_text.h"
#include "plans/plan.h"

namespace quorate {
namespace {

std::string headline(const Plan& plan) {
  std::string text = "Plan " + plan.id() + " for cluster " + plan.cluster();
  if (!plan.cluster_id().empty()) text += " (etcd cluster " + plan.cluster_id() + ")";
  for (const Intent& intent : plan.intents()) text += "\n  asked for: " + text_of(intent);
  if (plan.abandoning()) text += "\n  abandons run " + plan.run_id();
  return text + "\n";
}

template <typename Findings>
std::string section(const std::string& title, const Findings& findings, Style style) {
  if (findings.empty()) return "";
  std::string text = "\n" + emphasise(title, Emphasis::strong, style) + "\n";
  for (const Finding& finding : findings) text += finding_text(finding, style);
  return text;
}

std::string line(const std::string& label, const std::string& value) {
  std::string padded = label;
  padded.resize(9, ' ');
  return "       " + padded + value + "\n";
}

std::string step_text(const Plan& plan, const Step& step, Style style) {
  std::string number = step.id();
  number.insert(0, number.size() < 3 ? 3 - number.size() : 0, ' ');
  std::string text = number + "  " + emphasise(step.title(), Emphasis::strong, style) + "\n";
  text += line("because", step.why());
  for (const Fact& fact : step.guards()) text += line("needs", text_of(fact));
  for (const Operation& operation : step.operations()) text += line("does", text_of(operation));
  for (const Fact& fact : step.checks()) text += line("check", text_of(fact));
  for (const Operation& operation : step.undo()) text += line("undo", text_of(operation));
  text += line("safety", safety_text(plan, step));
  return text;
}

}  // namespace

namespace {

// `tolerates the loss of 1 · writes continue`
std::string effect_text(const Effect& effect) {
  std::string text = std::to_string(effect.voters_after()) + (effect.voters_after() == 1 ? " voter" : " voters") +
                     ", tolerates the loss of " + std::to_string(effect.tolerates_after());
  if (effect.tolerates_before() != effect.tolerates_after()) {
    text += " (before: " + std::to_string(effect.tolerates_before()) + ")";
  }
  // Longer than a hand-over or an election: a restart without which there is no quorum.
  const bool reads_stop = effect.writes_stop_milliseconds() >= 10000;
  text += effect.alarm_stays()
              ? " · writes wait for the alarm" +
                    (reads_stop ? ", reads stop for about " + std::to_string(effect.writes_stop_milliseconds()) + " ms" : "")
          : effect.without_quorum() ? " · writes wait for a quorum"
          : effect.writes_stop_milliseconds() == 0
              ? " · writes continue"
              : " · writes stop for about " + std::to_string(effect.writes_stop_milliseconds()) + " ms";
  if (effect.may_lose_data()) text += " · may lose data";
  return text;
}

constexpr const char* untouched = "nothing is stopped · the data is not touched";

bool is_only_tried(const Plan& plan) {
  return std::any_of(plan.intents().begin(), plan.intents().end(),
                     [](const Intent& intent) { return !intent.restore().drill_node().empty(); });
}

// The steps of a restore change no membership that votes: what counts is what is stopped, and what happens to the data.
std::string restore_safety(const Step& step) {
  switch (step.action_case()) {
    case Step::kSaveSnapshot:
    case Step::kBackUp:
    case Step::kBringSnapshot:
    case Step::kBringTools:
    case Step::kRestoreBeside:
    case Step::kPullImage:
    case Step::kClearRestore:
    case Step::kInstallAuthority:
    case Step::kCreateAuthority:
    case Step::kForgetNextAuthority:
    case Step::kIssueCertificates: return untouched;
    case Step::kStopControlPlane: return "clients are cut off until the restored cluster is proven";
    case Step::kStopMembers:
    case Step::kForceNewCluster: return "writes stop · the data is not touched";
    case Step::kSwitchData:
      return "the old data is kept, set aside · what it holds beyond the snapshot is not in the restored cluster";
    case Step::kSetAsideData: return "the old data is kept, set aside";
    case Step::kGiveUpCluster: return "no client is let in yet";
    case Step::kSwitchBack: return "the old data comes back as it was · nothing is deleted";
    case Step::kStartRestored:
    case Step::kVerifyStore:
    case Step::kDropMasterLeases: return "no client is let in yet";
    case Step::kStartControlPlane: return "clients are let in";
    default: return effect_text(step.effect());
  }
}

}  // namespace

std::string emphasise(const std::string& text, Emphasis emphasis, Style style) {
  if (style == Style::plain) return text;
  switch (emphasis) {
    case Emphasis::strong: return "\033[1m" + text + "\033[0m";
    case Emphasis::good: return "\033[32m" + text + "\033[0m";
    case Emphasis::warning: return "\033[33m" + text + "\033[0m";
    case Emphasis::bad: return "\033[31m" + text + "\033[0m";
  }
  return text;
}

std::string safety_text(const Plan& plan, const Step& step) {
  if (is_only_tried(plan)) return untouched;
  if (!plan.restored_cluster_id().empty()) return restore_safety(step);
  if (step.has_save_snapshot()) return restore_safety(step);
  if (step.has_back_up()) return "nothing is changed";
  if (step.has_create_authority() || step.has_forget_next_authority()) return restore_safety(step);
  if (step.has_prune_set_asides()) return "the cluster's own data is not touched · what was set aside is gone for good";
  if (step.has_compact_store()) return "no key changes · who watches from an old revision reads anew";
  if (step.has_defragment()) return "this member answers late meanwhile · no key changes";
  if (step.has_disarm_alarm() && !step.effect().alarm_stays()) return "writes are let in again";
  if (step.has_stop_control_plane() && !step.stop_control_plane().fences()) {
    return "clients of these API servers are cut off until they are started again · etcd serves on";
  }
  if (step.stop_control_plane().fences() || step.has_stop_members()) return "what was given up is stopped · no data is touched";
  if (step.has_set_aside_data()) return effect_text(step.effect()) + " · what is there is kept, set aside";
  const auto lost = [](const Finding& finding) { return finding.kind() == name_of(FindingKind::no_quorum); };
  if (std::none_of(plan.findings().begin(), plan.findings().end(), lost)) return effect_text(step.effect());
  return "no quorum before enough of them run · no data is touched";
}

std::string finding_text(const Finding& finding, Style style) {
  const std::string subject = finding.subject().empty() ? "cluster" : finding.subject();
  std::string text = "  " + emphasise(subject, Emphasis::strong, style) + "  " +
                     emphasise(finding.kind(), Emphasis::warning, style) + "  " + finding.summary() + "\n";
  for (const std::string& evidence : finding.evidence()) text += "       | " + evidence + "\n";
  if (!finding.remedy().empty()) text += "       -> " + finding.remedy() + "\n";
  return text;
}

std::string closing_text(const Plan& plan, Style style, Preview preview) {
  if (plan.steps_size() > 0) {
    const std::string count = std::to_string(plan.steps_size()) + (plan.steps_size() == 1 ? " step" : " steps");
    return count + (preview == Preview::of_plan ? ". Nothing has been changed.\n" : ".\n");
  }
  if (plan.refusals_size() > 0) return emphasise("Refused: nothing is planned.", Emphasis::bad, style) + "\n";
  if (ends_as_it_stands(plan)) return "No steps: the run ends as it stands.\n";
  if (plan.findings_size() > 0 || plan.drift_size() > 0) return "Nothing to do that is quorate's; see the findings.\n";
  return "Nothing to do: the cluster is as the spec says.\n";
}

std::string plan_text(const Plan& plan, Style style, Preview preview) {
  std::string text = headline(plan);
  text += section("Findings", plan.findings(), style);
  text += section("Refused", plan.refusals(), style);
  text += section("Differs from the spec, and waits", plan.drift(), style);
  if (plan.steps_size() > 0) text += "\n" + emphasise("Steps", Emphasis::strong, style) + "\n";
  for (const Step& step : plan.steps()) text += step_text(plan, step, style);
  return text + "\n" + closing_text(plan, style, preview);
}

}  // namespace quorate
