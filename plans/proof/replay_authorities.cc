// SPDX-License-Identifier: Apache-2.0
// Who trusts whose certificates while etcd's CA is rotated: etcd and the API server read ca.crt at a start alone, and what they
// show at every handshake (etcd-facts 7).
#include <algorithm>

#include "plans/authorities.h"
#include "plans/certificates.h"
#include "plans/proof/replay.h"

namespace quorate {
namespace {

bool is_subset(const std::set<std::string>& some, const std::set<std::string>& all) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

}  // namespace

void Replay::read_authorities(const NodeObservation& seen, ReplayedNode& node) {
  const std::vector<std::string> names = authority_names(seen.facts());
  node.authorities = {names.begin(), names.end()};
  if (!names.empty()) node.signs_with = names.front();
  const auto& accepted = seen.endpoint().accepted_authorities();
  if (node.runs) node.trusts = accepted.empty() ? node.authorities : std::set<std::string>{accepted.begin(), accepted.end()};
  if (node.api_server) node.api_server_trusts = node.authorities;
  for (const std::string& name : certificates_there(seen.facts())) {
    const Certificate* certificate = find_certificate(seen.facts(), name);
    if (certificate != nullptr && certificate->present()) node.issuers[certificate->path()] = certificate->issuer();
  }
}

Replay::Broken Replay::write_authorities(const WriteAuthorities& write) {
  ReplayedNode& node = nodes_.at(write.node());
  const std::set<std::string> names(write.names().begin(), write.names().end());
  if (names.empty()) return "etcd's ca.crt has a CA: " + write.node();
  if (names != node.authorities && (node.runs || node.api_server)) {
    return "what ca.crt trusts is changed while nothing runs that has read it: " + write.node();
  }
  node.authorities = names;
  node.signs_with = write.names(0);
  return std::nullopt;
}

const std::string& Replay::signs_with(const std::string& signer) const {
  return signer.empty() ? workstation_signs_with_ : nodes_.at(signer).signs_with;
}

Replay::Broken Replay::issue(const IssueCertificate& certificate) {
  nodes_.at(certificate.node()).issuers[certificate.certificate_path()] = signs_with(certificate.signer());
  return std::nullopt;
}

Replay::Broken Replay::copy_authority(const CopyAuthority& copy) {
  nodes_.at(copy.to_node()).authorities =
      copy.from_node().empty() ? std::set<std::string>{workstation_signs_with_} : nodes_.at(copy.from_node()).authorities;
  nodes_.at(copy.to_node()).signs_with = signs_with(copy.from_node());
  return std::nullopt;
}

// What was started by an operation has read ca.crt.
void Replay::read_at_start(const std::map<std::string, ReplayedNode>& before) {
  for (auto& [name, node] : nodes_) {
    const ReplayedNode& was = before.at(name);
    if (!node.runs) node.trusts.clear();
    if (!node.api_server) node.api_server_trusts.clear();
    if (node.runs && !was.runs) node.trusts = node.authorities;
    if (node.api_server && !was.api_server) node.api_server_trusts = node.authorities;
  }
}

Replay::Broken Replay::stranger() const {
  for (const auto& [name, node] : nodes_) {
    if (!node.runs && !node.api_server) continue;
    std::set<std::string> shown;
    for (const auto& [path, issuer] : node.issuers) shown.insert(issuer);
    for (const auto& [other_name, other] : nodes_) {
      const bool accepted = (!other.runs || is_subset(shown, other.trusts)) &&
                            (!other.api_server || !node.runs || is_subset(shown, other.api_server_trusts));
      if (!accepted)
        return "whatever is shown is trusted by all that run: " + other_name + " does not trust what " + name + " shows";
    }
  }
  return std::nullopt;
}

}  // namespace quorate
