// SPDX-License-Identifier: Apache-2.0
#include "plans/cluster_authority.h"

#include <algorithm>
#include <map>
#include <string>

#include "plans/authorities.h"
#include "plans/certificates.h"
#include "plans/finding.h"
#include "plans/lookup.h"

namespace quorate {
namespace {

bool has_authority(const NodeObservation& node, const std::string& fingerprint) {
  const std::vector<const Certificate*> authorities = authorities_of(node.facts());
  return std::any_of(authorities.begin(), authorities.end(),
                     [&](const Certificate* authority) { return authority->fingerprint() == fingerprint; });
}

// By etcd's own server certificate, which is read anew at every handshake, while the CA is read at a start alone (etcd-facts 7): a
// node that was given another CA goes on serving with what the old one signed.
bool serves_by_its_authority(const NodeObservation& node) {
  return std::none_of(node.facts().certificates().begin(), node.facts().certificates().end(), [](const Certificate& certificate) {
    return base_name(certificate.path()) == "server.crt" && certificate.has_signed_by_authority() &&
           !certificate.signed_by_authority();
  });
}

// The CA that most serving nodes serve by: while one is rotated a ca.crt has several.
std::string trusted_authority(const Observation& observation, const Situation& situation) {
  std::map<std::string, int> count;
  std::string trusted;
  for (const NodeSituation& node : situation.nodes) {
    if (node.etcd != EtcdState::serving || !serves_by_its_authority(*find_node(observation, node.name))) continue;
    for (const Certificate* authority : authorities_of(find_node(observation, node.name)->facts())) {
      if (++count[authority->fingerprint()] > count[trusted]) trusted = authority->fingerprint();
    }
  }
  return trusted;
}

// Of those that show a CA; none does where all are installed anew.
bool is_of_most(const Observation& observation, const std::string& fingerprint) {
  std::size_t with_any = 0;
  std::size_t with_it = 0;
  for (const NodeObservation& node : observation.nodes()) {
    with_any += find_authority(node.facts()) != nullptr ? 1 : 0;
    with_it += has_authority(node, fingerprint) ? 1 : 0;
  }
  return with_it * 2 > with_any || with_any == 0;
}

// Why the one that the spec names cannot sign for this cluster; empty: it can.
std::string obstacle_to_signing(const Observation& observation, const std::string& trusted) {
  const Certificate& authority = observation.authority();
  if (!observation.has_authority()) return "it was not looked at when this was observed";
  if (!authority.problem().empty()) return authority.problem();
  if (!can_sign(authority)) return "its ca.key is missing, cannot be read, or is another's";
  if (authority.not_after_seconds() <= observation.taken_at_seconds()) return "it has expired";
  const bool is_own = trusted.empty() ? is_of_most(observation, authority.fingerprint()) : trusted == authority.fingerprint();
  return is_own ? "" : "it is not the cluster's: its SHA-256 is " + authority.fingerprint().substr(0, 16);
}

}  // namespace

void mark_signing(const Spec& spec, const Observation& observation, Situation& situation, std::vector<Finding>& findings) {
  const std::string& folder = spec.spec().certificates().authority();
  if (folder.empty()) return;
  const std::string file = observation.has_authority() ? observation.authority().path() : folder + "/ca.crt";
  const std::string obstacle = obstacle_to_signing(observation, trusted_authority(observation, situation));
  situation.signing = obstacle.empty() ? Signing::on_workstation : Signing::nowhere;
  if (!obstacle.empty()) {
    findings.push_back(make_finding(
        FindingKind::authority_unusable,
        {.subject = "",
         .summary = "The CA of spec.certificates.authority, on this workstation, cannot sign.",
         .evidence = {file + ": " + obstacle},
         .remedy =
             "Nothing is issued without it. Plan where the cluster's ca.crt and ca.key are; or take it out of the spec, where a "
             "node has the key."}));
  }
  if (key_is_exposed(observation.authority())) {
    findings.push_back(make_finding(FindingKind::key_exposed,
                                    {.subject = "",
                                     .summary = "Everybody on this workstation can read the key of etcd's CA.",
                                     .evidence = {folder_of(file) + "/ca.key: mode " + observation.authority().key_mode()},
                                     .remedy = "chmod 600. Who has read it can sign anything."}));
  }
}

void mark_foreign_authorities(const Observation& observation, Situation& situation) {
  std::string trusted = trusted_authority(observation, situation);
  if (trusted.empty() && situation.signing == Signing::on_workstation) trusted = observation.authority().fingerprint();
  if (trusted.empty()) return;
  for (NodeSituation& node : situation.nodes) {
    if (has_authority(*find_node(observation, node.name), trusted)) continue;
    node.authority_present = false;
    node.authority_key_present = false;
    node.certificates_good = false;
  }
}

}  // namespace quorate
