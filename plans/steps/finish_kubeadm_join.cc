// SPDX-License-Identifier: Apache-2.0
#include "plans/kubeadm.h"
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// The kubelet may still have to be let in, by way of the API server that has just become ready; kubeadm gives it five minutes.
constexpr std::uint32_t finish_seconds = 330;

void run(const std::string& node, const std::vector<std::string>& arguments, std::uint32_t seconds, Step& step) {
  RunCommand& command = *step.add_operations()->mutable_run_command();
  command.set_node(node);
  for (const std::string& argument : arguments) command.add_arguments(argument);
  command.set_limit_seconds(seconds);
}

}  // namespace

absl::Status write_out(const FinishKubeadmJoin& action, StepContext& context, Step& step) {
  const std::string node = action.node();
  const NodeFacts& facts = facts_of(context, node);
  const std::string url = peer_url_for(context.spec, context.observation, context.situation, node);
  const std::optional<int> minor = kubeadm_minor(facts);
  if (url.empty() || !minor) return precondition("the address of " + node + " or the version of its kubeadm is not known");
  step.set_title("finish kubeadm's join of " + node);
  step.add_guards()->mutable_api_server_ready()->set_node(node);
  for (const std::string& name : manifests_of_others(facts, context.run_id)) {
    *step.add_operations() = place_manifest_again(context, node, name);
  }
  // By admin.conf, which the first half has made: no token is needed any more.
  std::vector<std::string> arguments = {"kubeadm",
                                        "join",
                                        "--control-plane",
                                        "--discovery-file=/etc/kubernetes/admin.conf",
                                        "--node-name=" + node,
                                        "--apiserver-advertise-address=" + host_of_url(url),
                                        "--skip-phases=" + phases_before_finish(*minor)};
  const KubeadmSettings& settings = context.spec.spec().kubeadm();
  if (!settings.cri_socket().empty()) arguments.push_back("--cri-socket=" + settings.cri_socket());
  if (settings.has_bind_port()) arguments.push_back("--apiserver-bind-port=" + std::to_string(settings.bind_port()));
  run(node, arguments, finish_seconds, step);
  if (!action.from().empty()) {
    run(action.from(), forget_kubeadm_token(kubeadm_token_id(context.run_id, node)), 0, step);
  }
  MovePath& mark = *step.add_operations()->mutable_move_path();
  mark.set_node(node);
  mark.set_from(parking_directory(context) + "/kubeadm-joined");
  mark.set_to(parking_directory(context) + "/kubeadm-finished");
  Fact::KubeadmJoined& joined = *step.add_checks()->mutable_kubeadm_joined();
  joined.set_node(node);
  joined.set_folder(parking_directory(context));
  joined.set_finished(true);
  step.set_check_seconds(30);
  return absl::OkStatus();
}

}  // namespace quorate
