// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "plans/lookup.h"
#include "plans/steps/steps.h"
#include "schemas/digest.h"

namespace quorate {
namespace {

void guard_joining(const StepContext& context, const std::string& node, Step& step) {
  std::vector<std::string> urls;
  for (const ExpectedMember& member : context.members) {
    urls.push_back(member.peer_url);
    urls.insert(urls.end(), member.more_peer_urls.begin(), member.more_peer_urls.end());
  }
  std::sort(urls.begin(), urls.end());
  step.add_guards()->mutable_membership_is()->mutable_peer_urls()->Add(urls.begin(), urls.end());
  // An empty or older data directory is never started under a live membership but as the learner that was just added.
  Fact::MemberListed& listed = *step.add_guards()->mutable_member_listed();
  listed.set_peer_url(peer_url_for(context.spec, context.observation, context.situation, node));
  listed.set_learner(true);
}

void mark_live(StepContext& context, const std::string& node) {
  const std::string url = peer_url_for(context.spec, context.observation, context.situation, node);
  for (ExpectedMember& member : context.members) {
    if (member.peer_url == url) member.live = true;
  }
}

// Else the kubelet makes it, and for everybody to look into; kubeadm makes it 0700 (etcd-facts 5.2).
void make_data_directory(const std::string& node, const DataDirectory& data, Step& step) {
  if (data.path().empty() || data.exists()) return;
  RunCommand& command = *step.add_operations()->mutable_run_command();
  command.set_node(node);
  // install sets the mode also of one that the kubelet has made in the meantime.
  for (const std::string& argument :
       {std::string("install"), std::string("-d"), std::string("-m"), std::string("700"), data.path()}) {
    command.add_arguments(argument);
  }
}

// So that what is known of clusters that were given up outlives the nodes on which it was written down first.
void pass_on_tombstones(const StepContext& context, const std::string& node, Step& step) {
  std::set<std::string> known;
  for (const Tombstone& tombstone : facts_of(context, node).tombstones()) known.insert(tombstone.cluster_id());
  for (const NodeObservation& other : context.observation.nodes()) {
    for (const Tombstone& tombstone : other.facts().tombstones()) {
      if (is_taken_back(context.observation, tombstone)) continue;
      if (known.insert(tombstone.cluster_id()).second) put_tombstone(node, tombstone.cluster_id(), tombstone.reason(), step);
    }
  }
}

bool is_in_force(const std::string& content, const NodeFacts& facts) {
  const Manifest* current = current_manifest(facts);
  return current != nullptr && current->path() == manifest_path(facts) && current->content() == content;
}

// Beside etcd.yaml it would be a second one of etcd's; several are moved away by a step of their own, before this one.
void park_other_name(const StepContext& context, const std::string& node, const NodeFacts& facts, Step& step) {
  if (facts.manifests_size() != 1 || facts.manifests(0).path() == manifest_path(facts)) return;
  MovePath& move = *step.add_operations()->mutable_move_path();
  move.set_node(node);
  move.set_from(facts.manifests(0).path());
  move.set_to(parking_place(context, facts, facts.manifests(0)));
}

}  // namespace

absl::Status write_out(const StartEtcd& action, StepContext& context, Step& step) {
  const std::string node = action.node();
  const NodeFacts& facts = facts_of(context, node);
  step.set_title("start etcd on " + node + (action.joins() ? " with fresh data" : ""));
  const absl::StatusOr<std::string> manifest = manifest_for(context, node, action.joins() ? initial_cluster_of(context, node) : "");
  if (!manifest.ok()) return annotate(manifest.status(), "the manifest of " + node);
  step.add_guards()->mutable_kubelet_active()->set_node(node);
  if (action.joins()) {
    guard_joining(context, node, step);
  } else if (facts.data_directory().has_member_id()) {
    Fact::DataIs& data = *step.add_guards()->mutable_data_is();
    data.set_node(node);
    data.set_member_id(facts.data_directory().member_id());
  }
  if (action.joins()) make_data_directory(node, facts.data_directory(), step);
  if (action.joins()) pass_on_tombstones(context, node, step);
  if (action.joins() || action.restarts() || !is_in_force(*manifest, facts)) {
    if (!action.joins()) park_other_name(context, node, facts, step);
    put_manifest(node, *manifest, facts, step);
  }
  context.started[node] = manifest_at(manifest_path(facts), *manifest);
  step.add_operations()->mutable_remove_containers()->set_node(node);
  if (action.awaited()) {
    Fact::EtcdServes& serves = *step.add_checks()->mutable_etcd_serves();
    serves.set_node(node);
    serves.set_learner(action.joins());
  } else {
    step.add_checks()->mutable_etcd_runs()->set_node(node);
  }
  if (!action.authorities().empty()) {
    Fact::AuthoritiesTrusted& trusted = *step.add_checks()->mutable_authorities_trusted();
    trusted.set_node(node);
    *trusted.mutable_names() = action.authorities();
    trusted.set_no_other(true);
  }
  // 30 s, with the kubelet's own 50 s (etcd-facts 9); a learner serves once it has what the leader sends it.
  step.set_check_seconds(action.joins() ? seconds_to_receive(context) : 120);
  if (action.joins()) {
    MovePath& withdraw = *step.add_undo()->mutable_move_path();
    withdraw.set_node(node);
    withdraw.set_from(manifest_path(facts));
    withdraw.set_to(parking_directory(context) + "/withdrawn-etcd.yaml");
  }
  mark_live(context, node);
  return absl::OkStatus();
}

}  // namespace quorate
