// SPDX-License-Identifier: Apache-2.0
#include "plans/steps/steps.h"

#include <algorithm>

#include "plans/addresses.h"
#include "plans/control_plane.h"
#include "plans/lookup.h"
#include "plans/quorum.h"
#include "schemas/digest.h"
#include "schemas/spec_reader.h"
#include "schemas/static_pod.h"

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
    case Step::kSetFlags: return write_out(step.set_flags(), context, step);
    case Step::kPutManifestBack: return write_out(step.put_manifest_back(), context, step);
    case Step::kUpdatePeerUrls: return write_out(step.update_peer_urls(), context, step);
    case Step::kVerifyCluster: return write_out(step.verify_cluster(), context, step);
    case Step::kSaveSnapshot: return write_out(step.save_snapshot(), context, step);
    case Step::kBringSnapshot: return write_out(step.bring_snapshot(), context, step);
    case Step::kPruneSetAsides: return write_out(step.prune_set_asides(), context, step);
    case Step::kBringTools: return write_out(step.bring_tools(), context, step);
    case Step::kRestoreBeside: return write_out(step.restore_beside(), context, step);
    case Step::kStopControlPlane: return write_out(step.stop_control_plane(), context, step);
    case Step::kStopMembers: return write_out(step.stop_members(), context, step);
    case Step::kSwitchData: return write_out(step.switch_data(), context, step);
    case Step::kStartRestored: return write_out(step.start_restored(), context, step);
    case Step::kVerifyStore: return write_out(step.verify_store(), context, step);
    case Step::kDropMasterLeases: return write_out(step.drop_master_leases(), context, step);
    case Step::kStartControlPlane: return write_out(step.start_control_plane(), context, step);
    case Step::kDrillOnNode: return write_out(step.drill_on_node(), context, step);
    case Step::kForceNewCluster: return write_out(step.force_new_cluster(), context, step);
    case Step::kClearRestore: return write_out(step.clear_restore(), context, step);
    case Step::kSwitchBack: return write_out(step.switch_back(), context, step);
    case Step::kStartAgain: return write_out(step.start_again(), context, step);
    case Step::kBackUp: return write_out(step.back_up(), context, step);
    case Step::kCompactStore: return write_out(step.compact_store(), context, step);
    case Step::kDefragment: return write_out(step.defragment(), context, step);
    case Step::kDisarmAlarm: return write_out(step.disarm_alarm(), context, step);
    case Step::kGiveUpCluster: return write_out(step.give_up_cluster(), context, step);
    case Step::kPullImage: return write_out(step.pull_image(), context, step);
    case Step::kRenewByKubeadm: return write_out(step.renew_by_kubeadm(), context, step);
    case Step::kCreateAuthority: return write_out(step.create_authority(), context, step);
    case Step::kSetAuthorities: return write_out(step.set_authorities(), context, step);
    case Step::kForgetNextAuthority: return write_out(step.forget_next_authority(), context, step);
    case Step::kMoveMember: return write_out(step.move_member(), context, step);
    case Step::kTryKubeadm: return write_out(step.try_kubeadm(), context, step);
    case Step::kJoinByKubeadm: return write_out(step.join_by_kubeadm(), context, step);
    case Step::kFinishKubeadmJoin: return write_out(step.finish_kubeadm_join(), context, step);
    case Step::ACTION_NOT_SET: break;
  }
  return internal("a step without an action");
}

struct Count {
  std::uint32_t voters = 0;
  std::uint32_t tolerates = 0;
  bool quorum = false;
};

Count count(const std::vector<ExpectedMember>& members) {
  std::size_t voters = 0;
  std::size_t live = 0;
  for (const ExpectedMember& member : members) {
    voters += member.learner ? 0 : 1;
    live += !member.learner && member.live ? 1 : 0;
  }
  return {static_cast<std::uint32_t>(voters), static_cast<std::uint32_t>(tolerated_losses(voters, live)), has_quorum(voters, live)};
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
  // Of a restore the members are those that it makes.
  effect.set_without_quorum(!before.quorum && context.restore == nullptr);
  effect.set_alarm_stays(!context.alarms.empty() && context.restore == nullptr);
  return written;
}

std::string parking_directory(const StepContext& context) { return "/var/lib/quorate/" + context.run_id; }

std::string authority_directory(const StepContext& context, const std::string& signer) {
  return signer.empty() ? folder_of(context.observation.authority().path()) : facts_of(context, signer).pki_directory();
}

const NodeFacts& facts_of(const StepContext& context, const std::string& node) {
  const NodeObservation* seen = find_node(context.observation, node);
  return seen == nullptr ? NodeFacts::default_instance() : seen->facts();
}

namespace {

// A run that was resumed may have parked another of that name already.
bool holds_another(const NodeFacts& facts, const std::string& path, const Manifest& manifest) {
  return std::any_of(facts.spare_manifests().begin(), facts.spare_manifests().end(),
                     [&](const Manifest& spare) { return spare.path() == path && spare.sha256() != manifest.sha256(); });
}

}  // namespace

std::string parking_place(const StepContext& context, const NodeFacts& facts, const Manifest& manifest) {
  // The only one is looked for under that name, whatever it was called: the kubelet takes any (etcd-facts 6), the probe does not.
  const std::string name = facts.manifests_size() > 1 ? base_name(manifest.path()) : "etcd.yaml";
  const std::string path = parking_directory(context) + "/" + name;
  if (!holds_another(facts, path, manifest)) return path;
  return parking_directory(context) + "/" + manifest.sha256().substr(0, 8) + "-" + name;
}

std::string unused_folder(const NodeFacts& facts, const std::string& path) {
  std::string candidate = path;
  for (int number = 2;; ++number) {
    const bool used = std::any_of(facts.set_asides().begin(), facts.set_asides().end(),
                                  [&](const SetAside& there) { return there.path() == candidate; });
    if (!used) return candidate;
    candidate = path + "-" + std::to_string(number);
  }
}

Manifest manifest_at(const std::string& path, const std::string& content) {
  Manifest manifest;
  manifest.set_path(path);
  manifest.set_content(content);
  return manifest;
}

PutFile manifest_file(const std::string& node, const std::string& path, const std::string& content) {
  PutFile file;
  file.set_node(node);
  file.set_path(path);
  file.set_content(content);
  file.set_owner("0:0");
  file.set_mode("600");
  return file;
}

const MemberSituation* member_on(const StepContext& context, const std::string& node) {
  for (const NodeSituation& each : context.situation.nodes) {
    if (each.name == node && each.member) return &context.situation.members[*each.member];
  }
  return nullptr;
}

// Without a hand-over before (etcd-facts 9).
void expect_election_without(const std::string& member_id, StepContext& context, Step& step) {
  if (member_id != context.leader_id) return;
  step.mutable_effect()->set_writes_stop_milliseconds(1900);
  context.leader_id.clear();
}

void guard_restart(const std::string& node, StepContext& context, Step& step) {
  constexpr std::uint32_t restart_milliseconds = 30'000;
  const MemberSituation* own = member_on(context, node);
  if (own == nullptr) return;
  step.add_guards()->mutable_all_voters_serve();
  const auto voters = static_cast<std::size_t>(
      std::count_if(context.members.begin(), context.members.end(), [](const ExpectedMember& member) { return !member.learner; }));
  if (has_quorum(voters, voters - 1)) {
    step.add_guards()->mutable_quorum_without()->set_member_id(own->id);
    expect_election_without(own->id, context, step);
  } else {
    step.mutable_effect()->set_writes_stop_milliseconds(restart_milliseconds);
  }
}

void put_manifest(const std::string& node, const std::string& content, const NodeFacts& facts, Step& step) {
  *step.add_operations()->mutable_put_file() = manifest_file(node, manifest_path(facts), content);
}

std::string on_nodes(const google::protobuf::RepeatedPtrField<std::string>& nodes) {
  return "on " + listed({nodes.begin(), nodes.end()});
}

namespace {

Operation move_of(const std::string& node, const std::string& from, const std::string& to) {
  Operation operation;
  MovePath& move = *operation.mutable_move_path();
  move.set_node(node);
  move.set_from(from);
  move.set_to(to);
  return operation;
}

}  // namespace

const NodeSituation& situation_of(const StepContext& context, const std::string& node) {
  const auto& nodes = context.situation.nodes;
  return *std::find_if(nodes.begin(), nodes.end(), [&](const NodeSituation& each) { return each.name == node; });
}

bool is_fenced(const StepContext& context, const std::string& node) { return situation_of(context, node).given_up(); }

Operation park_control_plane_manifest(const StepContext& context, const std::string& node, const std::string& name) {
  return move_of(node, facts_of(context, node).manifest_directory() + "/" + name, parking_directory(context) + "/" + name);
}

Operation place_manifest_again(const StepContext& context, const std::string& node, const std::string& name) {
  const NodeFacts& facts = facts_of(context, node);
  const std::string own = parking_directory(context) + "/" + name;
  const auto& parked = facts.parked_manifests();
  const auto& placed = facts.other_manifest_names();
  const auto here = context.parked.find(node);
  if (here != context.parked.end() && here->second.contains(name))
    return move_of(node, own, facts.manifest_directory() + "/" + name);
  const bool earlier = std::find(parked.begin(), parked.end(), own) == parked.end() && !parked_path(facts, name).empty() &&
                       std::find(placed.begin(), placed.end(), name) == placed.end();
  return move_of(node, earlier ? parked_path(facts, name) : own, facts.manifest_directory() + "/" + name);
}

void remove_paths(const std::string& node, const std::string& flags, const std::vector<std::string>& paths, Step& step) {
  RunCommand& command = *step.add_operations()->mutable_run_command();
  command.set_node(node);
  for (const std::string& word : {std::string("rm"), flags, std::string("--")}) command.add_arguments(word);
  for (const std::string& path : paths) command.add_arguments(path);
}

std::vector<Operation> park_all_manifests(const StepContext& context, const std::string& node) {
  const NodeFacts& facts = facts_of(context, node);
  std::vector<Manifest> manifests(facts.manifests().begin(), facts.manifests().end());
  const auto started = context.started.find(node);
  // What a step before has started is all that there is by then.
  if (started != context.started.end()) {
    manifests.clear();
    manifests.emplace_back().set_path(started->second.path());
    manifests.back().set_sha256(sha256_hex(started->second.content()));
  }
  std::vector<Operation> operations;
  for (const Manifest& manifest : manifests) {
    operations.push_back(move_of(node, manifest.path(), parking_place(context, facts, manifest)));
  }
  return operations;
}

namespace {

// What the node's own manifest, in force or put aside, advertises: where that is still an address of the node.
std::string own_peer_url(const std::string& node, const NodeObservation& seen) {
  std::vector<const Manifest*> manifests;
  if (const Manifest* current = current_manifest(seen.facts())) manifests.push_back(current);
  for (const Manifest& spare : seen.facts().spare_manifests()) manifests.push_back(&spare);
  const auto& addresses = seen.facts().addresses();
  for (const Manifest* manifest : manifests) {
    const absl::StatusOr<StaticPod> pod = read_static_pod(manifest->content());
    if (!pod.ok() || pod->argument("name") != node) continue;
    for (const std::string& url : split(pod->argument("initial-advertise-peer-urls").value_or(""), ',')) {
      if (std::find(addresses.begin(), addresses.end(), host_of_url(url)) != addresses.end()) return url;
    }
  }
  return "";
}

}  // namespace

std::string peer_url_for(const Spec& spec, const Observation& observation, const Situation& situation, const std::string& node) {
  for (const NodeSituation& candidate : situation.nodes) {
    if (candidate.name != node || !candidate.member || candidate.peer_url_wrong) continue;
    const std::string& listed = situation.members[*candidate.member].peer_url;
    if (!candidate.moves_to.empty()) return with_host(listed, candidate.moves_to);
    if (!listed.empty()) return listed;
  }
  const MemberSpec* member = find_member_spec(spec, node);
  const NodeObservation* seen = find_node(observation, node);
  if (member == nullptr || seen == nullptr) return "";
  const std::string own = own_peer_url(node, *seen);
  // The spec says no port; its manifest does.
  if (!member->address().empty()) return host_of_url(own) == member->address() ? own : https_url(member->address(), 2380);
  // `host` is where SSH goes, which may be another network than the peers'.
  if (!own.empty()) return own;
  const std::string address = member_address(*member);
  return address.empty() ? "" : https_url(address, 2380);
}

std::string initial_cluster_of(const StepContext& context, const std::string& node) {
  std::vector<std::string> parts;
  const std::string own = peer_url_for(context.spec, context.observation, context.situation, node);
  for (const ExpectedMember& member : context.members) {
    const std::string& name = member.peer_url == own ? node : member.name;
    parts.push_back(name + "=" + member.peer_url);
    for (const std::string& url : member.more_peer_urls) parts.push_back(name + "=" + url);
  }
  std::sort(parts.begin(), parts.end());
  return join(parts, ",");
}

bool forces_new_cluster(const Manifest& manifest) {
  const absl::StatusOr<StaticPod> pod = read_static_pod(manifest.content());
  return pod.ok() && pod->forces_new_cluster();
}

absl::Status refused_to_force(const std::string& node, const std::string& path) {
  return precondition(path + " on " + node + " has --force-new-cluster, which a restart would carry out: remove the flag first");
}

}  // namespace quorate
