// SPDX-License-Identifier: Apache-2.0
#include "plans/certificates.h"
#include "plans/kubeadm.h"
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// It looks for its settings in the cluster first, and goes on without where no API server answers.
constexpr std::uint32_t renewal_seconds = 120;

}  // namespace

absl::Status write_out(const RenewByKubeadm& action, StepContext& context, Step& step) {
  const std::string node = action.node();
  const NodeFacts& facts = facts_of(context, node);
  const NodeSituation& situation = situation_of(context, node);
  std::vector<std::string> names;
  Fact::CertificatesGood& good = *step.add_checks()->mutable_certificates_good();
  good.set_node(node);
  for (const auto& [name, certificate] : control_plane_certificates(facts)) {
    if (!situation.control_plane_to_renew.contains(name)) continue;
    names.push_back(name);
    RunCommand& command = *step.add_operations()->mutable_run_command();
    command.set_node(node);
    command.add_arguments("kubeadm");
    // Before 1.20 it was an alpha command.
    if (kubeadm_minor(facts).value_or(20) < 20) command.add_arguments("alpha");
    for (const std::string& word : {std::string("certs"), std::string("renew"), name}) command.add_arguments(word);
    command.set_limit_seconds(renewal_seconds);
    good.add_paths(certificate->path());
    good.add_replaced(certificate->fingerprint());
  }
  step.set_title("renew " + join(names, ", ") + " on " + node);
  if (situation.has_control_plane()) step.add_guards()->mutable_control_plane_stopped()->set_node(node);
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
