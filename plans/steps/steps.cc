// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

#include <algorithm>

#include "plans/lookup.h"
#include "plans/quorum.h"
#include "schemas/spec_reader.h"

namespace quorate {
namespace {

absl::Status visit_action(StepContext& context, Step& step) {
  switch (step.action_case()) {
    case Step::kRemoveMember: return write_out(step.remove_member(), context, step);
    case Step::kStopEtcd: return write_out(step.stop_etcd(), context, step);
    case Step::kSetAsideData: return write_out(step.set_aside_data(), context, step);
    case Step::kInstallAuthority: return write_out(step.install_authority(), context, step);
    case Step::kIssueCertificates: return write_out(step.issue_certificates(), context, step);
    case Step::kAddLearner: return write_out(step.add_learner(), context, step);
    case Step::kStartEtcd: return write_out(step.start_etcd(), context, step);
    case Step::kCatchUp: return write_out(step.catch_up(), context, step);
    case Step::kPromoteLearner: return write_out(step.promote_learner(), context, step);
    case Step::kVerifyMember: return write_out(step.verify_member(), context, step);
    case Step::kMoveLeader: return write_out(step.move_leader(), context, step);
    case Step::kParkManifest: return write_out(step.park_manifest(), context, step);
    case Step::kRepairDataOwner: return write_out(step.repair_data_owner(), context, step);
    case Step::kUpdatePeerUrls: return write_out(step.update_peer_urls(), context, step);
    case Step::kVerifyCluster: return write_out(step.verify_cluster(), context, step);
    case Step::ACTION_NOT_SET: break;
  }
  return internal("a step without an action");
}

struct Count {
  std::uint32_t voters = 0;
  std::uint32_t tolerates = 0;
};

Count count(const std::vector<ExpectedMember>& members) {
  std::size_t voters = 0;
  std::size_t live = 0;
  for (const ExpectedMember& member : members) {
    voters += member.learner ? 0 : 1;
    live += !member.learner && member.live ? 1 : 0;
  }
  return {static_cast<std::uint32_t>(voters), static_cast<std::uint32_t>(tolerated_losses(voters, live))};
}

}  // namespace

absl::Status visit_step(StepContext& context, Step& step) {
  const Count before = count(context.members);
  const absl::Status written = visit_action(context, step);
  const Count after = count(context.members);
  Effect& effect = *step.mutable_effect();
  effect.set_voters_before(before.voters);
  effect.set_voters_after(after.voters);
  effect.set_tolerates_before(before.tolerates);
  effect.set_tolerates_after(after.tolerates);
  return written;
}

std::string parking_directory(const StepContext& context) { return "/var/lib/quorate/" + context.run_id; }

const NodeFacts& facts_of(const StepContext& context, const std::string& node) {
  const NodeObservation* seen = find_node(context.observation, node);
  return seen == nullptr ? NodeFacts::default_instance() : seen->facts();
}

std::vector<Operation> park_all_manifests(const StepContext& context, const NodeFacts& facts) {
  std::vector<Operation> operations;
  for (const Manifest& manifest : facts.manifests()) {
    MovePath& move = *operations.emplace_back().mutable_move_path();
    move.set_from(manifest.path());
    move.set_to(parking_directory(context) + "/" + base_name(manifest.path()));
  }
  return operations;
}

std::string peer_url_for(const Spec& spec, const Observation& observation, const Situation& situation, const std::string& node) {
  for (const NodeSituation& candidate : situation.nodes) {
    if (candidate.name != node || !candidate.member || candidate.peer_url_wrong) continue;
    const std::string& listed = situation.members[*candidate.member].peer_url;
    if (!listed.empty()) return listed;
  }
  const MemberSpec* member = find_member_spec(spec, node);
  const NodeObservation* seen = find_node(observation, node);
  if (member == nullptr || seen == nullptr) return "";
  const std::string address = member_address(*member);
  if (!address.empty()) return https_url(address, 2380);
  if (const std::optional<StaticPod> pod = current_pod(seen->facts())) {
    return pod->argument("initial-advertise-peer-urls").value_or("");
  }
  return "";
}

std::string initial_cluster_of(const StepContext& context, const std::string& node) {
  std::vector<std::string> parts;
  const std::string own = peer_url_for(context.spec, context.observation, context.situation, node);
  for (const ExpectedMember& member : context.members) {
    const std::string& name = member.peer_url == own ? node : member.name;
    parts.push_back(name + "=" + member.peer_url);
  }
  std::sort(parts.begin(), parts.end());
  return join(parts, ",");
}

}  // namespace quorate
