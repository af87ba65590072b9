// SPDX-License-Identifier: Apache-2.0
#include "plans/plan.h"

#include <algorithm>

#include "plans/alarms.h"
#include "plans/back_up.h"
#include "plans/draft.h"
#include "plans/drift.h"
#include "plans/finding.h"
#include "plans/images.h"
#include "plans/intents.h"
#include "plans/kubeadm.h"
#include "plans/lookup.h"
#include "plans/peer_addresses.h"
#include "plans/procedures/procedures.h"
#include "plans/proof/prove.h"
#include "plans/settle_restore.h"
#include "plans/snapshot_source.h"
#include "plans/steps/steps.h"
#include "schemas/digest.h"
#include "schemas/document.h"
#include "schemas/json.h"

namespace quorate {
namespace {

std::vector<Intent> all_intents(const Request& request, const RunRecord* run) {
  std::vector<Intent> intents = request.intents;
  if (run != nullptr) intents.insert(intents.begin(), run->intents().begin(), run->intents().end());
  return intents;
}

// The first mentioned wins: an unfinished run has its members pinned.
std::vector<Intent> without_repeats(const std::vector<Intent>& intents) {
  std::vector<Intent> unique;
  for (const Intent& intent : intents) {
    const bool seen =
        std::any_of(unique.begin(), unique.end(), [&](const Intent& other) { return text_of(other) == text_of(intent); });
    if (!seen) unique.push_back(intent);
  }
  return unique;
}

void repair_or_reconfigure(Draft& draft) {
  renew_bad_certificates(draft);
  if (!draft.situation.quorum()) {
    start_members(draft);
    rotate_authority(draft);
    renew_certificates(draft);
    return;
  }
  mend_nodes(draft);
  finish_moves_of_cut_off(draft);
  start_members(draft);
  // A larger quota is set before, which takes every voter.
  if (!quota_grows(draft.situation)) free_space(draft);
  remove_lost_learners(draft);
  adopt_learners(draft);
  remove_lost_voters(draft);
  replace_members(draft);
  end_corruption(draft);
  // Where that, a learner, or a store that differs had to be seen to before.
  free_space(draft);
  reconfigure(draft);
  let_clients_in(draft);
  finish_kubeadm_joins(draft);
  rotate_authority(draft);
  renew_certificates(draft);
  move_members(draft);
  set_flags(draft);
  let_certificates_wait(draft);
  report_absent(draft);
}

void run_procedures(Draft& draft, const Request& request, bool abandon) {
  if (draft.restore != nullptr) {
    abandon ? undo_restore(draft) : restore(draft);
    return;
  }
  if (!abandon) fence(draft);
  if (request.fence_only || !draft.situation.decidable) return;
  if (!abandon) return repair_or_reconfigure(draft);
  draft.situation.quorum() ? abandon_run(draft) : end_without_quorum(draft);
}

bool mends_nothing(const Draft& draft) {
  return std::all_of(draft.steps.begin(), draft.steps.end(), [](const Step& step) {
    return step.has_stop_control_plane() || step.has_stop_members() || step.has_set_aside_data() || step.has_save_snapshot();
  });
}

bool only_verifies(const Draft& draft) {
  return std::all_of(draft.steps.begin(), draft.steps.end(), [](const Step& step) { return step.has_verify_member(); });
}

// An unfinished run is done when an observation shows it, also where no other step is left of it.
void add_last_checks(Draft& draft, bool unfinished, bool abandoning) {
  const bool restores = draft.restore != nullptr && draft.refusals.empty();
  const bool goes_on = unfinished && draft.situation.decidable && draft.situation.quorum();
  const bool all_may_serve = !goes_on || restores || await_starting(draft);
  // What is only to be waited for must not end the run.
  if (!all_may_serve && only_verifies(draft)) {
    draft.steps.clear();
    return;
  }
  if (draft.steps.empty() && (!goes_on || draft.restore != nullptr)) return;
  // What the undo of a restore brings back may have had no quorum; where one was only tried the cluster is as it was.
  if (draft.restore != nullptr && (abandoning || !draft.restore->drill_node().empty())) return;
  // A host that is out of the way is no better a cluster, and neither is one that was saved.
  if (!draft.steps.empty() && draft.restore == nullptr && mends_nothing(draft)) return;
  draft.add("The last check is the one that is meant.", [](Step& step) { step.mutable_verify_cluster(); });
}

bool is_nothing_else(const Assessment& assessment, const Draft& draft) {
  return draft.restore == nullptr && draft.steps.empty() && draft.refusals.empty() && draft.waiting.empty() &&
         assessment.refusals.empty() && assessment.drift.empty();
}

std::vector<ExpectedMember> expected_members(const Situation& situation) {
  std::vector<ExpectedMember> members;
  for (const MemberSituation& member : situation.members) {
    const std::string node = member.node ? situation.nodes[*member.node].name : member.id;
    members.push_back(
        {member.id, member.name.empty() ? node : member.name, member.peer_url, member.learner, member.live, member.more_peer_urls});
  }
  return members;
}

// A linear chain: the procedures' order is the safe one, and only the starts without a quorum depend on one another not at all.
void number_steps(Plan& plan) {
  for (int i = 0; i < plan.steps_size(); ++i) {
    plan.mutable_steps(i)->set_id(std::to_string(i + 1));
    if (i > 0) plan.mutable_steps(i)->add_after(std::to_string(i));
  }
}

void write_steps(Draft& draft, StepContext& context, Plan& plan) {
  for (Step& step : draft.steps) {
    const absl::Status written = visit_step(context, step);
    if (!written.ok()) {
      plan.clear_steps();
      *plan.add_refusals() = make_finding(FindingKind::step_impossible,
                                          {.subject = "", .summary = message_of(written), .remedy = "See the findings."});
      return;
    }
    *plan.add_steps() = step;
  }
  number_steps(plan);
}

Finding run_finding(const RunRecord& run) {
  std::vector<std::string> evidence = {"run " + run.run_id() + " of " + run.owner()};
  for (const Intent& intent : run.intents()) evidence.push_back(text_of(intent));
  return make_finding(FindingKind::run_unfinished, {.subject = "",
                                                    .summary = "A run is unfinished; what is planned goes on with it.",
                                                    .evidence = evidence,
                                                    .remedy = "quorate resume, or quorate abandon"});
}

void mark_known_urls(const Spec& spec, const Observation& observation, Situation& situation) {
  for (NodeSituation& node : situation.nodes) {
    const std::string url = peer_url_for(spec, observation, situation, node.name);
    // A wrong URL is not mended by itself.
    const bool same = node.peer_url_wrong && node.member && url == situation.members[*node.member].peer_url;
    node.new_peer_url_known = !url.empty() && !same;
  }
}

void mark_set_asides(const Observation& observation, const std::string& run_id, Situation& situation) {
  for (NodeSituation& node : situation.nodes) {
    node.aside_by_run = has_set_aside(find_node(observation, node.name)->facts(), run_id);
  }
}

void mark_manifests_of_before(const Observation& observation, const std::string& run_id, Situation& situation) {
  for (NodeSituation& node : situation.nodes) {
    const NodeFacts& facts = find_node(observation, node.name)->facts();
    const Manifest* before = manifest_of_before(facts, run_id);
    node.manifest_before = before != nullptr;
    const Manifest* found = before != nullptr && node.etcd != EtcdState::serving ? before : current_manifest(facts);
    if (found == nullptr) continue;
    const absl::StatusOr<StaticPod> pod = read_static_pod(found->content());
    if (pod.ok()) node.peer_url_before = own_peer_url(*pod, facts);
  }
}

// What a step does away with is a finding like others.
bool is_mended(const Draft& draft, const Finding& difference) {
  return draft.any_step([&](const Step& step) {
    if (difference.kind() == name_of(FindingKind::address_differs)) {
      return step.move_member().node() == difference.subject() || step.update_peer_urls().node() == difference.subject();
    }
    if (difference.kind() == name_of(FindingKind::flags_differ)) return sets_flag_of(step.set_flags(), difference);
    if (difference.kind() != name_of(FindingKind::certificate_differs)) return false;
    return step.issue_certificates().node() == difference.subject();
  });
}

void append(const std::vector<Finding>& findings, google::protobuf::RepeatedPtrField<Finding>* to) {
  to->Add(findings.begin(), findings.end());
}

bool is_of(const Finding& finding, FindingKind kind) { return finding.kind() == name_of(kind); }

// What is asserted then is a run of its own, and an unfinished one comes first.
void say_how_to_end(const RunRecord& run, std::vector<Finding>& refusals) {
  for (Finding& refusal : refusals) {
    if (!is_of(refusal, FindingKind::no_quorum) && !is_of(refusal, FindingKind::no_cluster)) continue;
    refusal.set_remedy(refusal.remedy() + ", once run " + run_of_lease(run.run_id()) + " has ended: quorate abandon");
  }
}

std::uint64_t database_bytes(const Observation& observation, const Request& request) {
  std::uint64_t most = 0;
  for (const NodeObservation& node : observation.nodes()) {
    most = std::max<std::uint64_t>(most, node.endpoint().status().database_bytes());
  }
  return most / 2 <= request.database_bytes && request.database_bytes > 0 ? request.database_bytes : most;
}

std::string name_of_leader(const Situation& situation) {
  for (const MemberSituation& member : situation.members) {
    if (member.id == situation.leader_id) return member.name;
  }
  return "";
}

}  // namespace

std::string survivors_prefix(const Request& request, const RunRecord* run) {
  if (run == nullptr || !request.survivors_prefix.empty()) return request.survivors_prefix;
  const bool goes_on = !request.abandon && !run->abandoning() && request.intents.empty() && run->intents().empty();
  return goes_on ? run->survivors_prefix() : "";
}

const RunRecord* unfinished_run(const Observation& observation) {
  const RunRecord* newest = nullptr;
  for (const NodeObservation& node : observation.nodes()) {
    if (!node.facts().has_run() || has_ended(observation, node.facts().run())) continue;
    const RunRecord& run = node.facts().run();
    if (newest == nullptr || run.lease_age_seconds() < newest->lease_age_seconds()) newest = &run;
  }
  // Once it is given up it stays so, also where a node did not take the word for it.
  for (const NodeObservation& node : observation.nodes()) {
    const RunRecord& run = node.facts().run();
    if (newest != nullptr && run.abandoning() && !has_ended(observation, run) &&
        run_of_lease(run.run_id()) == run_of_lease(newest->run_id()))
      return &run;
  }
  return newest;
}

bool leaves_what_was_asked(const Plan& plan) {
  // The undo itself needs a quorum.
  if (plan.abandoning()) {
    return plan.restored_cluster_id().empty() && !plan.steps().empty() && has_finding(plan.findings(), FindingKind::no_quorum);
  }
  const auto& steps = plan.steps();
  const bool verifies = std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.has_verify_cluster(); });
  // What mends nothing would be the next plan too.
  const bool mends = std::any_of(steps.begin(), steps.end(),
                                 [](const Step& step) { return !step.has_verify_cluster() && !step.has_verify_member(); });
  const bool goes_on =
      has_finding(plan.findings(), FindingKind::no_quorum) || (mends && has_finding(plan.findings(), FindingKind::run_unfinished));
  return verifies && goes_on && has_finding(plan.drift(), FindingKind::authority_rotation);
}

void add_approved(const Plan& plan, RunRecord& record) {
  for (const Step& step : plan.steps()) {
    if (step.has_add_learner()) record.add_joins(step.add_learner().node());
    if (step.has_remove_member()) record.add_removes(step.remove_member().member_id());
    if (step.has_move_member()) record.add_moves(step.move_member().node());
    if (step.has_update_peer_urls()) record.add_moves(step.update_peer_urls().node());
    for (const std::string& path : step.prune_set_asides().paths()) record.add_prunes(step.prune_set_asides().node() + ":" + path);
    for (const auto& [flag, value] : step.set_flags().flags()) (*record.mutable_flags())[flag] = value;
    for (const Fact& check : step.checks()) {
      for (const std::string& replaced : check.certificates_good().replaced()) record.add_renews(replaced);
    }
  }
}

void keep_approved(const RunRecord& unfinished, RunRecord& record) {
  *record.mutable_joins() = unfinished.joins();
  *record.mutable_removes() = unfinished.removes();
  *record.mutable_flags() = unfinished.flags();
  *record.mutable_moves() = unfinished.moves();
  *record.mutable_renews() = unfinished.renews();
  *record.mutable_prunes() = unfinished.prunes();
}

bool ends_as_it_stands(const Plan& plan) { return has_finding(plan.findings(), FindingKind::run_left); }

bool undoes_run(const Plan& plan) { return plan.abandoning() && !ends_as_it_stands(plan); }

std::string plan_id(const Plan& plan) {
  Plan named = plan;
  named.clear_id();
  named.clear_database_bytes();
  named.clear_leader();
  return sha256_hex(to_json(named, JsonForm::line)).substr(0, 16);
}

Plan make_plan(const Spec& spec, const Observation& observation, const Request& request) {
  const RunRecord* run = unfinished_run(observation);
  const bool abandoning = request.abandon || (run != nullptr && run->abandoning());
  const std::vector<Intent> intents = without_repeats(all_intents(request, run));
  // Giving up asserts nothing: an intent that is not admissible any more must not keep a run from being abandoned.
  Assessment assessment = assess(spec, observation, abandoning ? std::vector<Intent>{} : intents);
  if (abandoning) assessment.intents = intents;
  mark_known_urls(spec, observation, assessment.situation);
  const Intent::Restore* restore = settle_restore(spec, observation, request, abandoning, assessment);

  Plan plan;
  plan.set_api_version(document_version);
  plan.set_kind("Plan");
  plan.set_cluster(spec.metadata().name());
  plan.set_cluster_id(assessment.situation.cluster_id);
  plan.set_abandoning(abandoning);
  for (const Intent& intent : assessment.intents) *plan.add_intents() = intent;
  plan.set_spec_digest(sha256_hex(to_json(spec, JsonForm::line)));
  const std::vector<std::string> facts = facts_that_matter(observation, assessment.situation);
  plan.set_facts_digest(facts_digest(facts));
  *plan.mutable_facts() = {facts.begin(), facts.end()};
  if (run != nullptr) {
    plan.set_run_id(run_of_lease(run->run_id()));
    mark_set_asides(observation, plan.run_id(), assessment.situation);
    mark_manifests_of_before(observation, plan.run_id(), assessment.situation);
    *plan.add_findings() = run_finding(*run);
  } else {
    plan.set_run_id(sha256_hex(to_json(plan, JsonForm::line)).substr(0, 12));
  }

  plan.set_database_bytes(database_bytes(observation, request));
  plan.set_leader(name_of_leader(assessment.situation));

  mark_kubeadm(observation, assessment.intents, plan.run_id(), assessment.situation);

  Draft draft{assessment.situation, run};
  if (restore != nullptr && !restore->token().empty() && assessment.refusals.empty()) {
    draft.restore = restore;
    draft.snapshot_here = request.snapshot && request.snapshot->problem.empty();
    mark_restore(observation, *restore, plan.run_id(), assessment.situation);
    plan.set_restored_cluster_id(restored_cluster_id(*restore));
    if (!plan.abandoning()) say_what_is_restored(observation, *restore, assessment.findings);
  }
  mark_missing_images(
      {spec, observation, assessment.situation, plan.run_id(), expected_members(assessment.situation), draft.restore},
      assessment.situation);
  const std::string survivors_to = survivors_prefix(request, run);
  if (!survivors_to.empty()) {
    save_survivors(draft, serving_nodes(observation, assessment.cluster), survivors_to);
  } else if (restore == nullptr || draft.restore != nullptr) {
    // Where nothing of a cluster is left there is nothing to diagnose either.
    const bool nothing_left = assessment.refusals.size() == 1 && is_of(assessment.refusals[0], FindingKind::no_cluster);
    plan.abandoning() && nothing_left ? end_without_quorum(draft) : run_procedures(draft, request, plan.abandoning());
  }
  if (!plan.abandoning() && is_nothing_else(assessment, draft)) prune_set_asides(draft);
  if (!plan.abandoning() && draft.restore == nullptr) let_set_asides_wait(draft);
  if (!request.no_snapshot && !plan.abandoning()) back_up_first(spec, observation, draft);
  // Half of a restore is not begun.
  if (draft.restore != nullptr && !draft.refusals.empty()) draft.steps.clear();
  if (run != nullptr && !plan.abandoning() && draft.restore == nullptr && draft.steps.empty())
    say_how_to_end(*run, assessment.refusals);
  // Starting what is stopped is the way back to a quorum, so its loss is then a finding and no refusal.
  const bool undoes_nothing = plan.abandoning() && run != nullptr && !run->survivors_prefix().empty();
  const bool ends = undoes_nothing || !draft.ending.empty();
  if (ends || (!draft.steps.empty() && !assessment.situation.quorum() && draft.restore == nullptr)) {
    assessment.findings.insert(assessment.findings.begin(), assessment.refusals.begin(), assessment.refusals.end());
    assessment.refusals.clear();
  }
  append(assessment.findings, plan.mutable_findings());
  append(draft.ending, plan.mutable_findings());
  append(assessment.refusals, plan.mutable_refusals());
  for (const Finding& one : assessment.drift) *(is_mended(draft, one) ? plan.add_findings() : plan.add_drift()) = one;
  append(draft.waiting, plan.mutable_drift());
  add_last_checks(draft, run != nullptr && !plan.abandoning(), plan.abandoning());
  append(draft.refusals, plan.mutable_refusals());
  StepContext context{spec,         observation, assessment.situation, plan.run_id(), expected_members(assessment.situation),
                      draft.restore};
  context.database_bytes = plan.database_bytes();
  context.leader_id = assessment.situation.leader_id;
  if (assessment.situation.no_space) context.alarms.insert(no_space_alarm);
  if (assessment.situation.corrupt) context.alarms.insert(corrupt_alarm);
  const bool goes_on = assessment.situation.quorum() && assessment.situation.cluster_id == plan.restored_cluster_id();
  if (draft.restore != nullptr && !goes_on && !plan.abandoning())
    context.members = restored_members(assessment.situation, *draft.restore);
  write_steps(draft, context, plan);
  keep_if_proven(observation, plan);
  plan.set_id(plan_id(plan));
  return plan;
}

}  // namespace quorate
