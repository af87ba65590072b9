// SPDX-License-Identifier: Apache-2.0
// The facts about certificates and CAs, of facts.h.
#include <algorithm>
#include <set>
#include <vector>

#include "plans/authorities.h"
#include "plans/certificates.h"
#include "plans/lookup.h"
#include "plans/verdicts.h"

namespace quorate {

Verdict FactReader::certificates_good(const Fact::CertificatesGood& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  for (const std::string& path : fact.paths()) {
    const auto certificate = std::find_if(facts->certificates().begin(), facts->certificates().end(),
                                          [&](const Certificate& each) { return each.path() == path; });
    if (certificate == facts->certificates().end() || !certificate->present()) return no(path + " is not there");
    // Of the rest of the control plane no key is looked at.
    const bool is_without_key = certificate->has_key_matches() ? !certificate->key_matches() : !certificate->key_mode().empty();
    if (is_without_key) return no(path + " has no key of its own");
    if (certificate->has_signed_by_authority() && !certificate->signed_by_authority()) return no(path + " is of another CA");
    if (certificate->not_after_seconds() <= observation_.taken_at_seconds()) return no(path + " has expired");
    const bool is_old =
        std::find(fact.replaced().begin(), fact.replaced().end(), certificate->fingerprint()) != fact.replaced().end();
    if (is_old) return no(path + " is the one of before");
    if (!fact.issuer().empty() && certificate->issuer() != fact.issuer())
      return no(path + " is signed by " + certificate->issuer());
  }
  return fact.served() ? serves_what_is_on_disk(fact.node()) : yes();
}

Verdict FactReader::serves_what_is_on_disk(const std::string& name) const {
  const NodeObservation* node = find_node(observation_, name);
  if (node == nullptr || node->endpoint().served_certificate().fingerprint().empty()) {
    return unknown("which certificate etcd on " + name + " shows was not seen");
  }
  return when(!serves_other_certificate(*node), "etcd shows another certificate than the one on the disk");
}

Verdict FactReader::authority_present(const Fact::AuthorityPresent& fact) const {
  if (fact.node().empty()) {
    if (!can_sign(observation_.authority())) return no("what spec.certificates.authority names is of no use");
    return yes();
  }
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  if (find_authority(*facts) == nullptr) return no("etcd's ca.crt is not there");
  return when(!fact.with_key() || facts->authority_key_present(), "etcd's ca.key is not there");
}

Verdict FactReader::authorities_are(const Fact::AuthoritiesAre& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  const std::vector<std::string> names = authority_names(*facts);
  if (names != std::vector<std::string>{fact.names().begin(), fact.names().end()}) return no("it has " + listed(names));
  return when(!fact.with_key() || facts->authority_key_present(), "ca.key is not the one of " + fact.names(0));
}

// A server that asks for no clients, or another kind of one, tells nothing: then what it was started with stands.
Verdict FactReader::authorities_trusted(const Fact::AuthoritiesTrusted& fact) const {
  const NodeObservation* node = find_node(observation_, fact.node());
  if (node == nullptr || !node->has_facts()) return unknown(fact.node() + " was not seen");
  const std::vector<std::string> on_disk = authority_names(node->facts());
  const auto& asked = node->endpoint().accepted_authorities();
  const bool is_own = node->endpoint().via() == node->name() && !asked.empty();
  const std::set<std::string> accepted(asked.begin(), asked.end());
  const std::set<std::string> wanted(fact.names().begin(), fact.names().end());
  for (const std::string& name : wanted) {
    if (std::find(on_disk.begin(), on_disk.end(), name) == on_disk.end()) return no("its ca.crt has not " + name);
    if (is_own && !accepted.contains(name)) return no("its etcd does not accept clients of " + name);
  }
  return when(!fact.no_other() || !is_own || accepted == wanted,
              "its etcd accepts clients of " + listed({accepted.begin(), accepted.end()}));
}

Verdict FactReader::next_authority_is(const Fact::NextAuthorityIs& fact) const {
  const NodeFacts* facts = facts_of(fact.node());
  if (facts == nullptr) return unknown(fact.node() + " was not seen");
  const std::string name = next_authority_of(*facts);
  if (fact.name().empty()) return when(!facts->has_next_authority(), "it is still there");
  return when(name == fact.name(), name.empty() ? "it is not there with its key" : name + " is there");
}

}  // namespace quorate
