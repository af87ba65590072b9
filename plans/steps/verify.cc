// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/steps/steps.h"

namespace quorate {
namespace {

// It is live, or will be by the plan, or answers and only waits for a leader.
bool will_serve(const StepContext& context, const ExpectedMember& expected) {
  if (expected.live) return true;
  return std::any_of(context.situation.nodes.begin(), context.situation.nodes.end(), [&](const NodeSituation& node) {
    const bool own = node.member && context.situation.members[*node.member].id == expected.id;
    return own && node.etcd == EtcdState::serving;
  });
}

// An API server that was not ready although its etcd served is not this plan's matter, and would never end it.
bool was_unready_before(const StepContext& context, const NodeObservation& node) {
  const auto& nodes = context.situation.nodes;
  const auto seen = std::find_if(nodes.begin(), nodes.end(), [&](const NodeSituation& each) { return each.name == node.name(); });
  const bool served = seen != nodes.end() && seen->etcd == EtcdState::serving;
  return served && node.facts().has_api_server_ready() && !node.facts().api_server_ready();
}

// It has one, or a step before has started it again, or kubeadm makes it one.
bool has_api_server(const StepContext& context, const std::string& node) {
  const auto& nodes = context.situation.nodes;
  const bool made = std::any_of(nodes.begin(), nodes.end(),
                                [&](const NodeSituation& each) { return each.name == node && each.awaits_kubeadm(); });
  const auto placed = context.placed.find(node);
  const bool started = placed != context.placed.end() && placed->second.contains("kube-apiserver.yaml");
  return made || started || facts_of(context, node).api_server_manifest_present();
}

// The kubelet's back-off, in which an API server is that was without etcd for long, grows to five minutes (etcd-facts 6).
constexpr std::uint32_t api_server_seconds = 360;

}  // namespace

absl::Status write_out(const VerifyMember& action, StepContext& context, Step& step) {
  step.set_title("verify " + action.node() + " as a voter");
  Fact::EtcdServes& serves = *step.add_checks()->mutable_etcd_serves();
  serves.set_node(action.node());
  serves.set_learner(false);
  Fact::CaughtUp& caught_up = *step.add_checks()->mutable_caught_up();
  caught_up.set_node(action.node());
  caught_up.set_within(1000);
  step.set_check_seconds(120);
  if (has_api_server(context, action.node()) && !is_fenced(context, action.node())) {
    step.add_checks()->mutable_api_server_ready()->set_node(action.node());
    step.set_check_seconds(api_server_seconds);
  }
  return absl::OkStatus();
}

// What the plan leaves as it is, a silent node or one that was refused, is not what the plan is measured by.
absl::Status write_out(const VerifyCluster& /*action*/, StepContext& context, Step& step) {
  const auto& members = context.members;
  step.set_title("verify the whole cluster");
  step.set_check_seconds(120);
  const bool all_will_serve = std::all_of(
      members.begin(), members.end(), [&](const ExpectedMember& member) { return member.learner || will_serve(context, member); });
  if (all_will_serve) step.add_checks()->mutable_all_voters_serve();
  if (!all_will_serve) step.add_checks()->mutable_quorum_without();
  const bool learner_stays =
      std::any_of(members.begin(), members.end(), [](const ExpectedMember& member) { return member.learner; });
  if (!learner_stays) step.add_checks()->mutable_no_learner();
  for (const NodeObservation& node : context.observation.nodes()) {
    if (!has_api_server(context, node.name()) || was_unready_before(context, node)) continue;
    const std::string url = peer_url_for(context.spec, context.observation, context.situation, node.name());
    const auto own =
        std::find_if(members.begin(), members.end(), [&](const ExpectedMember& member) { return member.peer_url == url; });
    if (own == members.end() || !will_serve(context, *own)) continue;
    step.add_checks()->mutable_api_server_ready()->set_node(node.name());
    step.set_check_seconds(api_server_seconds);
  }
  return absl::OkStatus();
}

}  // namespace quorate
