// SPDX-License-Identifier: Apache-2.0
#include "plans/settle_restore.h"

#include <algorithm>

#include "plans/finding.h"
#include "plans/plan.h"
#include "plans/survivors.h"
#include "schemas/member_identity.h"

namespace quorate {
namespace {

// What is found on nodes that are neither the old cluster's any more nor the new one's yet would lead astray; what keeps a node
// from being worked on counts at all times.
bool counts_amid_restore(const Finding& finding) {
  const auto kinds = {FindingKind::unreachable,  FindingKind::asserted_lost,    FindingKind::access_barred,
                      FindingKind::not_recorded, FindingKind::kubelet_inactive, FindingKind::fact_unknown,
                      FindingKind::disk_short};
  return std::any_of(kinds.begin(), kinds.end(), [&](FindingKind kind) { return finding.kind() == name_of(kind); });
}

// What keeps a cluster from being repaired is why it is restored. What a person asked for and cannot have still stops it.
void let_restore(Assessment& assessment, bool unfinished) {
  std::vector<Finding> stays;
  for (const Finding& refusal : assessment.refusals) {
    (refusal.kind() == name_of(FindingKind::intent_refused) ? stays : assessment.findings).push_back(refusal);
  }
  assessment.refusals = std::move(stays);
  if (!unfinished) return;
  std::erase_if(assessment.findings, [](const Finding& finding) { return !counts_amid_restore(finding); });
  assessment.drift.clear();
}

std::string what_it_brings(Intent::Restore::Method method) {
  switch (method) {
    case Intent::Restore::DATA_DIRECTORY:
      return "The new cluster begins with what its data holds and is known there to be committed; what is only behind that in its "
             "log, or what only a lost member had acknowledged, is lost.";
    case Intent::Restore::FORCE_NEW_CLUSTER:
      return "The cluster goes on as this one member, under its ID, and the others join it anew; what only a lost member had "
             "acknowledged is lost. Their data could serve on beside it as the same cluster: keep it from peers and clients.";
    case Intent::Restore::DATABASE:
      return "The new cluster begins with its database file; what is only in its log, the newest changes, is lost.";
    default: return "The new cluster begins with what it has applied; what only a lost member had acknowledged is lost.";
  }
}

Intent::Restore* restore_of(std::vector<Intent>& intents) {
  const auto found = std::find_if(intents.begin(), intents.end(), [](const Intent& intent) { return intent.has_restore(); });
  return found == intents.end() ? nullptr : found->mutable_restore();
}

}  // namespace

const Intent::Restore* settle_restore(const Spec& spec, const Observation& observation, const Request& request, bool abandoning,
                                      Assessment& assessment) {
  Intent::Restore* restore = restore_of(assessment.intents);
  if (restore == nullptr) return nullptr;
  let_restore(assessment, unfinished_run(observation) != nullptr);
  if (abandoning) return restore;
  // What is pinned already stays: who goes on may have other tools.
  if (restore->token().empty()) *restore->mutable_tools() = {request.tools.begin(), request.tools.end()};
  for (const Finding& refusal : pin_restore(spec, observation, assessment.situation, request.snapshot, *restore)) {
    assessment.refusals.push_back(refusal);
  }
  return restore;
}

void say_what_is_restored(const Observation& observation, const Intent::Restore& restore, std::vector<Finding>& findings) {
  for (Finding& finding : findings) {
    if (finding.kind() != name_of(FindingKind::asserted_lost)) continue;
    finding.set_remedy(
        "It is left out. Now: power it off, or keep it from clients and peers (load balancer, firewall), for its API server would "
        "serve the old state. Once it is back: any plan, or quorate fence --wait, stops it first.");
  }
  if (restore.recovers()) {
    findings.push_back(
        make_finding(FindingKind::survivor_chosen,
                     {.subject = restore.survivor(),
                      .summary = what_it_brings(restore.method()),
                      .evidence = survivors(observation),
                      .remedy = "If a lost member can be brought back with its data, do that instead: it loses nothing."}));
  }
  if (restore.without_trailer()) {
    findings.push_back(make_finding(
        FindingKind::snapshot_unproven,
        {.subject = "",
         .summary =
             "The file has no SHA-256 of its own: a copy of a member's database, without what was only in that member's log.",
         .evidence = {restore.source()},
         .remedy = "A snapshot that etcd has sent is better: quorate snapshot save."}));
  }
  if (restore.bump() > 0 || keeps_cluster(restore) || !restore.drill_node().empty()) return;
  findings.push_back(make_finding(
      FindingKind::revision_not_bumped,
      {.subject = "",
       .summary = "etcd's tools on the nodes cannot bump the revision, so it goes back: who watches may miss changes.",
       .evidence = {"needed on every node: etcdutl, or etcdctl 3.4.27, 3.5.10 or later"},
       .remedy =
           "API servers and controllers are restarted; restart what else watches the API, such as kubelets and CNI agents."}));
}

std::vector<ExpectedMember> restored_members(const Situation& situation, const Intent::Restore& restore) {
  std::vector<ExpectedMember> members;
  for (const std::string& name : restored_nodes(restore)) {
    const std::string urls = restored_peer_urls(restore, name);
    const auto node = std::find_if(situation.nodes.begin(), situation.nodes.end(),
                                   [&](const NodeSituation& candidate) { return candidate.name == name; });
    const bool live = node != situation.nodes.end() && node->restore.serves;
    const std::string id = keeps_cluster(restore) ? restore.kept_member_id() : bootstrap_member_id(urls, restore.token());
    members.push_back({id, name, urls.substr(0, urls.find(',')), false, live, {}});
  }
  return members;
}

}  // namespace quorate
