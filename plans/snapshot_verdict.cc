// SPDX-License-Identifier: Apache-2.0
#include "plans/snapshot_verdict.h"

#include <algorithm>
#include <set>

#include "plans/lookup.h"

namespace quorate {
namespace {

template <typename Value>
void compare(const std::string& what, const Value& seen, const Value& said, std::vector<std::string>& sentences) {
  if (seen == said) return;
  sentences.push_back("its " + what + " is " + std::to_string(seen) + ", and the descriptor says " + std::to_string(said));
}

std::set<std::string> identifiers(const google::protobuf::RepeatedPtrField<Member>& members) {
  std::set<std::string> ids;
  for (const Member& member : members) ids.insert(member.id());
  return ids;
}

bool has_address_of_spec(const Member& member, const ClusterSpec& spec) {
  return std::any_of(member.peer_urls().begin(), member.peer_urls().end(), [&](const std::string& url) {
    return std::any_of(spec.members().begin(), spec.members().end(),
                       [&](const MemberSpec& own) { return host_of_url(url) == own.host() || host_of_url(url) == own.address(); });
  });
}

bool has_name_of_spec(const Member& member, const ClusterSpec& spec) {
  return std::any_of(spec.members().begin(), spec.members().end(),
                     [&](const MemberSpec& own) { return own.name() == member.name(); });
}

// Two clusters of kubeadm's may both have a node1; an address tells more, where the spec has one.
bool names_addresses(const ClusterSpec& spec) {
  return std::any_of(spec.members().begin(), spec.members().end(), [](const MemberSpec& own) {
    const std::string& host = own.address().empty() ? own.host() : own.address();
    return host.find_first_not_of("0123456789.") == std::string::npos || host.find(':') != std::string::npos;
  });
}

}  // namespace

std::vector<std::string> differences(const SnapshotReport& report, const SnapshotDescriptor& descriptor) {
  std::vector<std::string> sentences;
  compare("size in bytes", report.bytes(), descriptor.bytes(), sentences);
  if (report.sha256() != descriptor.sha256()) {
    sentences.push_back("its SHA-256 is " + report.sha256() + ", and the descriptor says " + descriptor.sha256());
  }
  compare("revision", report.contents().revision(), descriptor.contents().revision(), sentences);
  compare("count of keys", report.contents().keys(), descriptor.contents().keys(), sentences);
  if (identifiers(report.contents().members()) != identifiers(descriptor.contents().members())) {
    sentences.emplace_back("its members are others than the descriptor's");
  }
  return sentences;
}

std::string foreign_because(const SnapshotContents& contents, const Spec& spec, Kinship kinship) {
  // etcd 3.4's own restore leaves none; nothing is known then.
  if (contents.members().empty()) return "";
  const bool by_address = kinship == Kinship::address && names_addresses(spec.spec());
  const bool own = std::any_of(contents.members().begin(), contents.members().end(), [&](const Member& member) {
    return has_address_of_spec(member, spec.spec()) || (!by_address && has_name_of_spec(member, spec.spec()));
  });
  if (own) return "";
  std::vector<std::string> members;
  for (const Member& member : contents.members()) {
    members.push_back(member.name() + " at " + join({member.peer_urls().begin(), member.peer_urls().end()}, ", "));
  }
  return "its members are none of " + spec.metadata().name() + "'s: " + join(members, "; ");
}

}  // namespace quorate
