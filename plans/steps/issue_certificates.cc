// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/certificates.h"
#include "plans/lookup.h"
#include "plans/node_condition.h"
#include "plans/steps/steps.h"
#include "schemas/duration.h"
#include "schemas/spec_reader.h"

namespace quorate {
namespace {

std::string common_name_of(const std::string& name, const std::string& node) {
  if (is_of_server(name)) return node;
  return name == "etcd-healthcheck-client" ? "kube-etcd-healthcheck-client" : "kube-apiserver-etcd-client";
}

// kubeadm's: the node's name, localhost, the advertised address, and both loopbacks (etcd-facts 5.3). As `kubeadm certs renew` does
// it, those of the one that is there are kept.
std::vector<std::string> sans_of(const StepContext& context, const std::string& node, const std::string& name) {
  const std::string address = host_of_url(peer_url_for(context.spec, context.observation, context.situation, node));
  const auto san_of = [](const std::string& host) { return (is_ip_address(host) ? "IP:" : "DNS:") + host; };
  std::vector<std::string> sans = {"DNS:" + node, "DNS:localhost", san_of(address), "IP:127.0.0.1", "IP:::1"};
  for (const std::string& extra : context.spec.spec().certificates().extra_sans()) sans.push_back(san_of(extra));
  const NodeObservation& seen = *find_node(context.observation, node);
  const std::vector<std::string> missing = missing_names(context.spec.spec(), seen, member_on(context, node), name);
  const std::vector<std::string> kept = names_to_keep(seen.facts(), name);
  for (const std::vector<std::string>& more : {missing, kept}) {
    for (const std::string& san : more) {
      if (std::find(sans.begin(), sans.end(), san) == sans.end()) sans.push_back(san);
    }
  }
  return sans;
}

bool is_of_other_authority(const NodeSituation& node, const std::string& name, const std::string& authority) {
  const auto issuer = node.issuers.find(name);
  return !authority.empty() && (issuer == node.issuers.end() || issuer->second != authority);
}

std::vector<std::string> names_to_issue(const StepContext& context, const std::string& node, const std::string& authority) {
  const NodeFacts& facts = facts_of(context, node);
  const NodeSituation& situation = situation_of(context, node);
  const std::vector<std::string> bad = bad_certificates(facts, context.observation.taken_at_seconds());
  std::vector<std::string> names;
  for (const std::string& name : authority.empty() ? certificates_needed(facts) : certificates_there(facts)) {
    // With another CA, certificates that look good beside their own CA are of no use.
    const bool is_bad = !situation.authority_present || std::find(bad.begin(), bad.end(), name) != bad.end();
    const auto renewal = situation.certificates_to_renew.find(name);
    if (is_bad || is_of_other_authority(situation, name, authority) ||
        (renewal != situation.certificates_to_renew.end() && !renewal->second.waits))
      names.push_back(name);
  }
  return names;
}

}  // namespace

absl::Status write_out(const IssueCertificates& given, StepContext& context, Step& step) {
  const std::string node = given.node();
  const std::string signer = given.signer();
  const NodeFacts& facts = facts_of(context, node);
  const std::string& directory = facts.pki_directory();
  const std::int64_t validity =
      parse_duration(context.spec.spec().certificates().validity()).value_or(std::chrono::hours(24 * 365)).count();
  Fact::AuthorityPresent& source = *step.add_guards()->mutable_authority_present();
  source.set_node(signer);
  source.set_with_key(true);
  Fact::CertificatesGood& good = *step.add_checks()->mutable_certificates_good();
  good.set_node(node);
  std::vector<std::string> names = names_to_issue(context, node, given.authority());
  for (const std::string& name : names) {
    step.mutable_issue_certificates()->add_names(name);
    IssueCertificate& issue = *step.add_operations()->mutable_issue_certificate();
    issue.set_node(node);
    issue.set_signer(signer);
    issue.set_signer_directory(authority_directory(context, signer));
    issue.set_profile(name);
    issue.set_common_name(common_name_of(name, node));
    // kubeadm until 1.28 puts its clients into system:masters; etcd does not look at it, so it is left out as since then.
    if (is_of_server(name)) {
      for (const std::string& san : sans_of(context, node, name)) issue.add_sans(san);
    }
    issue.set_certificate_path(certificate_stem(name, directory) + ".crt");
    issue.set_key_path(certificate_stem(name, directory) + ".key");
    issue.set_validity_seconds(validity);
    good.add_paths(issue.certificate_path());
    const Certificate* before = find_certificate(facts, name);
    if (before != nullptr && !before->fingerprint().empty()) good.add_replaced(before->fingerprint());
  }
  good.set_issuer(given.authority());
  // Whoever does not trust it yet would hear this node no more.
  for (const NodeSituation& other : context.situation.nodes) {
    if (given.authority().empty()) break;
    Fact::AuthoritiesTrusted& trusted = *step.add_guards()->mutable_authorities_trusted();
    trusted.set_node(other.name);
    trusted.add_names(given.authority());
  }
  // etcd reads it at every handshake (etcd-facts 7).
  good.set_served(given.shown() && std::find(names.begin(), names.end(), "etcd-server") != names.end());
  step.set_title("issue " + join(names, ", ") + " for " + node);
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
