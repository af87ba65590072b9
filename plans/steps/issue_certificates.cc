// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/lookup.h"
#include "plans/node_condition.h"
#include "plans/steps/steps.h"
#include "schemas/duration.h"
#include "schemas/spec_reader.h"

namespace quorate {
namespace {

bool is_of_server(const std::string& name) { return name == "etcd-server" || name == "etcd-peer"; }

std::string file_of(const std::string& name, const std::string& directory) {
  if (name == "etcd-server") return directory + "/server";
  if (name == "etcd-peer") return directory + "/peer";
  if (name == "etcd-healthcheck-client") return directory + "/healthcheck-client";
  return folder_of(directory) + "/apiserver-etcd-client";
}

std::string common_name_of(const std::string& name, const std::string& node) {
  if (is_of_server(name)) return node;
  return name == "etcd-healthcheck-client" ? "kube-etcd-healthcheck-client" : "kube-apiserver-etcd-client";
}

// kubeadm's: the node's name, localhost, the advertised address, and both loopbacks (etcd-facts 5.3).
std::vector<std::string> sans_of(const StepContext& context, const std::string& node) {
  const std::string address = host_of_url(peer_url_for(context.spec, context.observation, context.situation, node));
  std::vector<std::string> sans = {"DNS:" + node, "DNS:localhost", "IP:" + address, "IP:127.0.0.1", "IP:::1"};
  for (const std::string& extra : context.spec.spec().certificates().extra_sans()) {
    sans.push_back((is_ip_address(extra) ? "IP:" : "DNS:") + extra);
  }
  return sans;
}

std::vector<std::string> names_to_issue(const StepContext& context, const std::string& node) {
  const NodeFacts& facts = facts_of(context, node);
  const auto& nodes = context.situation.nodes;
  const auto seen = std::find_if(nodes.begin(), nodes.end(), [&](const NodeSituation& each) { return each.name == node; });
  // With another CA, certificates that look good beside their own CA are of no use.
  if (seen != nodes.end() && !seen->authority_present) {
    std::vector<std::string> all = {"etcd-server", "etcd-peer", "etcd-healthcheck-client"};
    if (facts.api_server_manifest_present()) all.emplace_back("apiserver-etcd-client");
    return all;
  }
  return bad_certificates(facts, context.observation.taken_at_seconds());
}

}  // namespace

absl::Status write_out(const IssueCertificates& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  const std::string signer = given.signer();
  const std::string directory = facts_of(context, node).pki_directory();
  const std::int64_t validity =
      parse_duration(context.spec.spec().certificates().validity()).value_or(std::chrono::hours(24 * 365)).count();
  Fact::AuthorityPresent& source = *step.add_guards()->mutable_authority_present();
  source.set_node(signer);
  source.set_with_key(true);
  Fact::CertificatesGood& good = *step.add_checks()->mutable_certificates_good();
  good.set_node(node);
  std::vector<std::string> names = names_to_issue(context, node);
  for (const std::string& name : names) {
    step.mutable_issue_certificates()->add_names(name);
    IssueCertificate& issue = *step.add_operations()->mutable_issue_certificate();
    issue.set_node(node);
    issue.set_signer(signer);
    issue.set_signer_directory(facts_of(context, signer).pki_directory());
    issue.set_profile(name);
    issue.set_common_name(common_name_of(name, node));
    // kubeadm until 1.28 puts its clients into system:masters; etcd does not look at it, so it is left out as since then.
    if (is_of_server(name)) {
      for (const std::string& san : sans_of(context, node)) issue.add_sans(san);
    }
    issue.set_certificate_path(file_of(name, directory) + ".crt");
    issue.set_key_path(file_of(name, directory) + ".key");
    issue.set_validity_seconds(validity);
    good.add_paths(issue.certificate_path());
  }
  step.set_title("issue " + join(names, ", ") + " for " + node);
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
