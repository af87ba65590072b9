// SPDX-License-Identifier: Apache-2.0
#include "plans/intents.h"

#include <algorithm>
#include <optional>
#include <set>

#include "plans/authorities.h"
#include "plans/certificates.h"
#include "plans/finding.h"
#include "plans/lookup.h"
#include "plans/survivors.h"

namespace quorate {
namespace {

// raft's own None.
constexpr const char* no_member = "0000000000000000";
constexpr const char* mend_access = "Put right what keeps quorate out, then ask again.";

struct Asserting {
  const Observation& observation;
  Situation& situation;
  std::vector<Finding>& refusals;

  void refuse(const Intent& intent, const std::string& subject, const std::string& summary, std::vector<std::string> evidence,
              const std::string& remedy) {
    evidence.insert(evidence.begin(), text_of(intent));
    refusals.push_back(make_finding(FindingKind::intent_refused,
                                    {.subject = subject, .summary = summary, .evidence = std::move(evidence), .remedy = remedy}));
  }

  [[nodiscard]] std::string ssh_detail(const std::string& node) const {
    const NodeObservation* seen = find_node(observation, node);
    return "ssh: " + (seen == nullptr ? "" : seen->ssh().detail());
  }

  // Of a node that cannot be worked on: what it `answered`, or that a record says nothing of it.
  [[nodiscard]] std::string barred(const std::string& node, const std::string& answered) const {
    const bool recorded = find_node(observation, node)->ssh().state() != SshState::NOT_RECORDED;
    return recorded ? answered : "The record of the nodes was made without it.";
  }

  NodeSituation* node_named(const std::string& name) {
    const auto node = std::find_if(situation.nodes.begin(), situation.nodes.end(),
                                   [&](const NodeSituation& candidate) { return candidate.name == name; });
    return node == situation.nodes.end() ? nullptr : &*node;
  }

  MemberSituation* member_with_id(const std::string& id) {
    const auto member = std::find_if(situation.members.begin(), situation.members.end(),
                                     [&](const MemberSituation& candidate) { return candidate.id == id; });
    return member == situation.members.end() ? nullptr : &*member;
  }

  // A person's word for a lost member: its ID, its node, or its name.
  MemberSituation* member_meant(const std::string& word) {
    if (MemberSituation* member = member_with_id(word)) return member;
    const NodeSituation* node = node_named(word);
    if (node != nullptr && node->member) return &situation.members[*node->member];
    MemberSituation* named = nullptr;
    for (MemberSituation& member : situation.members) {
      if (member.name == word) named = &member;
    }
    return named;
  }
};

Intent replace(Asserting& asserting, Intent intent) {
  Intent::Replace& wish = *intent.mutable_replace();
  NodeSituation* node = asserting.node_named(wish.node());
  if (node == nullptr) {
    asserting.refuse(intent, wish.node(), "The spec has no node of that name.", {}, "Name one of the spec's members.");
    return intent;
  }
  const std::string current = node->member ? asserting.situation.members[*node->member].id : "";
  // Where it is no member, that is pinned too: the member that a later look finds there is the new one.
  if (wish.member_id().empty()) wish.set_member_id(current.empty() ? no_member : current);
  // Another member there than the pinned one: it was replaced already, and what is left is finishing.
  if (wish.member_id() != (current.empty() ? no_member : current)) return intent;
  if (node->access == Access::barred) {
    asserting.refuse(intent, node->name, asserting.barred(node->name, "It answers, but cannot be worked on."),
                     {asserting.ssh_detail(node->name)}, mend_access);
    return intent;
  }
  if (node->access == Access::silent) {
    asserting.refuse(intent, node->name, "It does not answer SSH, so it cannot be replaced where it is.", {},
                     "If it is gone for good: --lost " + node->name);
    return intent;
  }
  node->asserted_replace = true;
  return intent;
}

bool still_answers(Asserting& asserting, const Intent& intent, const MemberSituation& member) {
  if (member.live) {
    asserting.refuse(intent, member.name, "Its etcd still answers, so it is not lost.",
                     {"member " + member.id + " at " + member.peer_url},
                     "Stop it first, or ask for --replace of a node that answers SSH.");
    return true;
  }
  if (member.answers) {
    asserting.refuse(intent, member.name, "Its etcd's ports answer its neighbours, so it is not lost.",
                     {"member " + member.id + " at " + member.peer_url}, "Power it off first.");
    return true;
  }
  if (!member.node) return false;
  const NodeSituation& node = asserting.situation.nodes[*member.node];
  if (node.access == Access::barred) {
    asserting.refuse(intent, node.name, asserting.barred(node.name, "It answers, so it is not lost."),
                     {asserting.ssh_detail(node.name)}, mend_access);
    return true;
  }
  if (node.access != Access::silent) {
    asserting.refuse(intent, node.name, "It answers SSH, so it is not lost.", {}, "To give it fresh data: --replace " + node.name);
    return true;
  }
  if (node.peer_port_open) {
    asserting.refuse(intent, node.name,
                     "It does not answer SSH, but its etcd's port answers its neighbours: no SSH is not no etcd.", {},
                     "Power it off first.");
    return true;
  }
  return false;
}

Intent lost(Asserting& asserting, Intent intent) {
  Intent::Lost& wish = *intent.mutable_lost();
  if (!wish.member_id().empty() && asserting.member_with_id(wish.member_id()) == nullptr) return intent;
  MemberSituation* member =
      wish.member_id().empty() ? asserting.member_meant(wish.name()) : asserting.member_with_id(wish.member_id());
  if (member == nullptr) {
    NodeSituation* node = asserting.node_named(wish.name());
    if (node != nullptr) {
      node->asserted_lost = node->access == Access::silent && !node->peer_port_open;
    } else {
      asserting.refuse(intent, wish.name(), "There is no node or member of that name or ID.", {},
                       "Name one that `quorate status` shows.");
    }
    return intent;
  }
  wish.set_member_id(member->id);
  if (still_answers(asserting, intent, *member)) return intent;
  member->asserted_lost = true;
  if (member->node) asserting.situation.nodes[*member->node].asserted_lost = true;
  return intent;
}

Intent renew(Asserting& asserting, Intent intent) {
  auto& pinned = *intent.mutable_renew_certificates()->mutable_fingerprints();
  const bool is_new = pinned.empty();
  for (NodeSituation& node : asserting.situation.nodes) {
    node.renewal_asked = true;
    const NodeFacts& facts = find_node(asserting.observation, node.name)->facts();
    for (const std::string& name : certificates_needed(facts)) {
      const Certificate* certificate = find_certificate(facts, name);
      if (certificate == nullptr || certificate->fingerprint().empty()) continue;
      if (is_new) *pinned.Add() = certificate->fingerprint();
      const bool is_meant = std::find(pinned.begin(), pinned.end(), certificate->fingerprint()) != pinned.end();
      if (!is_meant) continue;
      Renewal& renewal = node.certificates_to_renew[name];
      renewal = {certificate->fingerprint(), "is to be renewed", renewal.lacks};
    }
    if (!intent.renew_certificates().all()) continue;
    for (const auto& [name, certificate] : control_plane_certificates(facts)) {
      if (is_new) *pinned.Add() = certificate->fingerprint();
      const bool is_meant = std::find(pinned.begin(), pinned.end(), certificate->fingerprint()) != pinned.end();
      if (is_meant) node.control_plane_to_renew.insert(name);
    }
  }
  return intent;
}

// What a rotation that was left half-way has begun with is gone on with.
void pin_rotation(const Asserting& asserting, Intent::RotateAuthority& wish) {
  std::set<std::string> names;
  std::vector<const Certificate*> authorities;
  for (const NodeObservation& node : asserting.observation.nodes()) {
    if (wish.to().empty()) wish.set_to(next_authority_of(node.facts()));
    for (const Certificate* authority : authorities_of(node.facts())) {
      authorities.push_back(authority);
      names.insert(authority->subject());
    }
  }
  const auto goes = std::find_if(authorities.begin(), authorities.end(),
                                 [&](const Certificate* authority) { return authority->subject() != wish.to(); });
  if (goes == authorities.end()) return;
  wish.set_from((*goes)->fingerprint());
  if (!wish.to().empty()) return;
  wish.set_to((*goes)->subject());
  while (names.contains(wish.to())) wish.set_to(name_after(wish.to()));
}

// Done once every node was seen, and none has the one that goes, or keeps the one that comes.
Intent rotate(Asserting& asserting, Intent intent) {
  Intent::RotateAuthority& wish = *intent.mutable_rotate_authority();
  if (wish.to().empty()) pin_rotation(asserting, wish);
  if (wish.to().empty()) {
    asserting.refuse(intent, "", "No node shows etcd's CA, so there is none to be rotated.", {}, "See the findings.");
    return intent;
  }
  bool done = true;
  for (const NodeObservation& node : asserting.observation.nodes()) {
    done = done && node.has_facts() && !node.facts().has_next_authority();
    for (const Certificate* authority : authorities_of(node.facts())) done = done && authority->fingerprint() != wish.from();
  }
  if (!done) asserting.situation.next_authority = wish.to();
  return intent;
}

// Whoever names the survivor says that those who do not answer are gone. No SSH is not no etcd.
void all_silent_are_lost(Situation& situation) {
  for (NodeSituation& node : situation.nodes) {
    if (node.access != Access::silent || node.peer_port_open) continue;
    node.asserted_lost = true;
    if (node.member) situation.members[*node.member].asserted_lost = true;
  }
}

std::string restore_text(const Intent::Restore& restore) {
  if (!restore.drill_node().empty()) return "snapshot drill " + restore.source() + " --node " + restore.drill_node();
  std::string text = restore.recovers() ? "--recover-quorum" : "--restore " + restore.source();
  if (restore.recovers() && restore.survivor_named()) text += " --survivor " + restore.survivor();
  if (restore.method_named()) text += " --method " + word_of(restore.method());
  if (restore.seed()) text += " --strategy seed";
  if (!restore.seed_node().empty()) text += " --seed " + restore.seed_node();
  return text;
}

}  // namespace

std::string text_of(const Intent& intent) {
  switch (intent.kind_case()) {
    case Intent::kReplace: return "--replace " + intent.replace().node() + (intent.replace().by_kubeadm() ? " --with kubeadm" : "");
    case Intent::kLost: return "--lost " + intent.lost().name();
    case Intent::kRestore: return restore_text(intent.restore());
    case Intent::kRenewCertificates:
      return std::string("--renew-certificates=") + (intent.renew_certificates().all() ? "all" : "etcd");
    case Intent::kRotateAuthority: return "--rotate-ca";
    case Intent::KIND_NOT_SET: break;
  }
  return "";
}

std::vector<Intent> apply_intents(const std::vector<Intent>& intents, const Observation& observation, Situation& situation,
                                  std::vector<Finding>& refusals) {
  Asserting asserting{observation, situation, refusals};
  std::vector<Intent> pinned;
  for (const Intent& intent : intents) {
    switch (intent.kind_case()) {
      case Intent::kReplace: pinned.push_back(replace(asserting, intent)); break;
      case Intent::kLost: pinned.push_back(lost(asserting, intent)); break;
      case Intent::kRotateAuthority: pinned.push_back(rotate(asserting, intent)); break;
      case Intent::kRenewCertificates: pinned.push_back(renew(asserting, intent)); break;
      // Pinned by what the snapshot and the nodes are, once the diagnosis is made.
      case Intent::kRestore:
        if (intent.restore().survivor_named()) all_silent_are_lost(situation);
        pinned.push_back(intent);
        break;
      case Intent::KIND_NOT_SET: break;
    }
  }
  return pinned;
}

}  // namespace quorate
