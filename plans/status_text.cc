// SPDX-License-Identifier: Apache-2.0
#include "plans/status_text.h"

#include <algorithm>

#include "plans/bytes_text.h"
#include "plans/intents.h"
#include "plans/lookup.h"
#include "plans/plan.h"
#include "plans/table.h"

namespace quorate {
namespace {

std::string role_text(const MemberSituation* member, const Situation& situation) {
  if (member == nullptr) return "-";
  if (member->id == situation.leader_id) return "leader";
  return member->learner ? "learner" : "voter";
}

std::string ssh_text(const NodeObservation& node) {
  switch (node.ssh().state()) {
    case SshState::REACHABLE: return "ok";
    case SshState::UNREACHABLE: return "no answer";
    case SshState::HOST_KEY_UNKNOWN: return "unknown key";
    case SshState::HOST_KEY_CHANGED: return "KEY CHANGED";
    case SshState::AUTHENTICATION_FAILED: return "no login";
    case SshState::SUDO_REFUSED: return "no sudo";
    case SshState::PROBE_FAILED: return "garbled";
    case SshState::SETTINGS_REFUSED: return "settings";
    case SshState::NOT_RECORDED: return "no record";
    default: return "?";
  }
}

std::string etcd_text(const NodeSituation& node) {
  switch (node.etcd) {
    case EtcdState::serving: return "serving";
    case EtcdState::starting: return "silent";
    case EtcdState::failing: return "failing";
    case EtcdState::stopped: return "stopped";
    case EtcdState::stray: return "other cluster";
    case EtcdState::unknown: return "?";
  }
  return "?";
}

std::string container_text(const NodeFacts& facts) {
  if (facts.containers().empty()) return reason_unknown(facts, "containers") == nullptr ? "none" : "?";
  const Container& newest = facts.containers(0);
  const std::string state = newest.state().rfind("CONTAINER_", 0) == 0 ? newest.state().substr(10) : newest.state();
  std::string text;
  std::transform(state.begin(), state.end(), std::back_inserter(text),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return newest.attempt() == 0 ? text : text + " #" + std::to_string(newest.attempt());
}

std::string expiry_text(const NodeFacts& facts, std::int64_t now_seconds) {
  std::int64_t soonest = 0;
  for (const Certificate& certificate : facts.certificates()) {
    if (!certificate.present() || !certificate.problem().empty() || base_name(certificate.path()) == "ca.crt") continue;
    if (soonest == 0 || certificate.not_after_seconds() < soonest) soonest = certificate.not_after_seconds();
  }
  if (soonest == 0) return "-";
  const std::int64_t days = (soonest - now_seconds) / 86400;
  return soonest <= now_seconds ? "EXPIRED" : std::to_string(days) + "d";
}

std::string alarms_text(const EndpointStatus& status) {
  std::string text;
  for (const std::string& error : status.errors()) {
    const std::size_t begin = error.find("alarm:");
    if (begin != std::string::npos) text += (text.empty() ? "" : ",") + error.substr(begin + 6, error.find(' ', begin) - begin - 6);
  }
  return text.empty() ? "-" : text;
}

void endpoint_columns(const EtcdEndpoint& endpoint, std::uint64_t newest, std::vector<std::string>& row) {
  if (!endpoint.has_status()) {
    row.insert(row.end(), {"-", "-", "-", "-", "-"});
    return;
  }
  const EndpointStatus& status = endpoint.status();
  const std::uint64_t applied = status.raft_applied_index();
  row.insert(row.end(),
             {status.version(), std::to_string(status.raft_term()), std::to_string(newest > applied ? newest - applied : 0),
              text_of_bytes(status.database_bytes()), alarms_text(status)});
}

std::vector<std::string> node_row(const NodeObservation& node, const NodeSituation& condition, const Assessment& assessment,
                                  std::uint64_t newest, std::int64_t now_seconds) {
  const Situation& situation = assessment.situation;
  const MemberSituation* member = condition.member ? &situation.members[*condition.member] : nullptr;
  std::vector<std::string> row = {node.name(), member == nullptr ? "not a member" : member->id, role_text(member, situation),
                                  etcd_text(condition)};
  endpoint_columns(node.endpoint(), newest, row);
  row.push_back(node.has_facts() ? expiry_text(node.facts(), now_seconds) : "?");
  row.push_back(node.has_facts() ? container_text(node.facts()) : "?");
  row.push_back(ssh_text(node));
  return row;
}

std::string quorum_text(const Situation& situation, Style style) {
  const std::string count = std::to_string(situation.live_voters()) + " of " + std::to_string(situation.voters()) + " voters live";
  if (!situation.quorum()) return emphasise("NO QUORUM", Emphasis::bad, style) + ", " + count;
  return emphasise("quorum", Emphasis::good, style) + ", " + count + ", tolerates the loss of " +
         std::to_string(tolerated_losses(situation.voters(), situation.live_voters()));
}

}  // namespace

std::string status_text(const Spec& spec, const Observation& observation, Style style) {
  const RunRecord* run = unfinished_run(observation);
  const std::vector<Intent> intents =
      run == nullptr ? std::vector<Intent>{} : std::vector<Intent>(run->intents().begin(), run->intents().end());
  const Assessment assessment = assess(spec, observation, intents);
  const Situation& situation = assessment.situation;
  std::string text = "Cluster " + spec.metadata().name() +
                     (situation.cluster_id.empty() ? "" : " (etcd cluster " + situation.cluster_id + ")") + ": " +
                     quorum_text(situation, style) + "\n";
  if (run != nullptr) {
    text += emphasise("Run " + run->run_id() + " of " + run->owner() + " is unfinished.", Emphasis::warning, style) +
            " quorate resume, or quorate abandon.\n";
  }
  std::vector<std::vector<std::string>> rows = {
      {"NODE", "MEMBER", "ROLE", "ETCD", "VERSION", "TERM", "BEHIND", "DB", "ALARMS", "CERTS", "CONTAINER", "SSH"}};
  const std::uint64_t newest = newest_index(observation, situation.cluster_id);
  for (std::size_t i = 0; i < situation.nodes.size(); ++i) {
    rows.push_back(
        node_row(observation.nodes(static_cast<int>(i)), situation.nodes[i], assessment, newest, observation.taken_at_seconds()));
  }
  for (const MemberSituation& member : situation.members) {
    if (member.node) continue;
    rows.push_back({member.name.empty() ? "(" + member.peer_url + ")" : member.name, member.id, role_text(&member, situation),
                    member.live ? "serving" : "silent", "", "", "", "", "", "", "", "not in the spec"});
  }
  text += "\n" + table(rows, "");
  for (const auto* findings : {&assessment.findings, &assessment.refusals, &assessment.drift}) {
    for (const Finding& finding : *findings) text += "\n" + finding_text(finding, style);
  }
  return text;
}

}  // namespace quorate
