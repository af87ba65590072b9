// SPDX-License-Identifier: Apache-2.0
#include "plans/kubeadm.h"
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// A reset deletes whatever is in that directory; kube-vip's is the way to the API servers.
void park_manifests_of_others(const StepContext& context, const std::string& node, Step& step) {
  const NodeFacts& facts = facts_of(context, node);
  for (const std::string& name : manifests_of_others(facts, context.run_id)) {
    *step.add_operations() = park_control_plane_manifest(context, node, name);
  }
}

}  // namespace

absl::StatusOr<KubeadmJoin> kubeadm_join(const StepContext& context, const std::string& node, const std::string& from) {
  const std::string url = peer_url_for(context.spec, context.observation, context.situation, node);
  if (url.empty()) return precondition("no address of " + node + " is known");
  KubeadmJoin join;
  join.set_node(node);
  join.set_from_node(from);
  join.set_token_id(kubeadm_token_id(context.run_id, node));
  join.set_node_name(node);
  join.set_advertise_address(host_of_url(url));
  join.set_folder(parking_directory(context));
  join.set_data_directory(facts_of(context, node).data_directory().path());
  const KubeadmSettings& settings = context.spec.spec().kubeadm();
  join.set_cri_socket(settings.cri_socket());
  join.set_bind_port(settings.bind_port());
  *join.mutable_ignored_errors() = settings.ignore_preflight_errors();
  return join;
}

absl::Status write_out(const JoinByKubeadm& action, StepContext& context, Step& step) {
  const std::string node = action.node();
  const absl::StatusOr<KubeadmJoin> join = kubeadm_join(context, node, action.from());
  if (!join.ok()) return join.status();
  step.set_title("reset " + node + ", and join its control plane by kubeadm, but for etcd");
  step.add_guards()->mutable_etcd_stopped()->set_node(node);
  step.add_guards()->mutable_member_absent()->set_peer_url(
      peer_url_for(context.spec, context.observation, context.situation, node));
  step.add_guards()->mutable_api_server_ready()->set_node(action.from());
  Fact::AuthorityPresent& authority = *step.add_guards()->mutable_authority_present();
  authority.set_node(action.from());
  authority.set_with_key(true);
  park_manifests_of_others(context, node, step);
  *step.add_operations()->mutable_kubeadm_join() = *join;
  Fact::KubeadmJoined& joined = *step.add_checks()->mutable_kubeadm_joined();
  joined.set_node(node);
  joined.set_folder(parking_directory(context));
  step.add_checks()->mutable_kubelet_active()->set_node(node);
  step.set_check_seconds(60);
  return absl::OkStatus();
}

}  // namespace quorate
