// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "plans/lookup.h"
#include "plans/plan.h"
#include "schemas/digest.h"

namespace quorate {
namespace {

// What flaps while nothing changes reads as one condition.
std::string settled(EtcdState state) {
  switch (state) {
    case EtcdState::serving: return "serves";
    case EtcdState::stray: return "serves another cluster";
    case EtcdState::starting:
    case EtcdState::failing: return "does not serve";
    case EtcdState::stopped: return "is stopped";
    case EtcdState::unknown: break;
  }
  return "is in a state that nobody can see";
}

std::string word_of(Access access) {
  switch (access) {
    case Access::answers: return "answers";
    case Access::silent: return "does not answer";
    case Access::barred: return "lets nobody in";
  }
  return "";
}

std::string word_of(DataState data) {
  switch (data) {
    case DataState::none: return "none";
    case DataState::own: return "its member's";
    case DataState::removed: return "a removed member's";
    case DataState::foreign: return "another cluster's";
    case DataState::stale: return "older than acknowledged";
    case DataState::damaged: return "damaged";
    case DataState::corrupt: return "corrupt";
    case DataState::copied: return "a copy";
    case DataState::unknown: break;
  }
  return "unknown";
}

std::string word_of(ManifestState manifest) {
  switch (manifest) {
    case ManifestState::present: return "there";
    case ManifestState::absent: return "not there";
    case ManifestState::unreadable: return "not readable";
    case ManifestState::several: return "there more than once";
  }
  return "";
}

void add_node(const NodeSituation& node, const NodeFacts& facts, std::vector<std::string>& lines) {
  const auto add = [&](const std::string& fact) { lines.push_back(node.name + ": " + fact); };
  add("it " + word_of(node.access));
  add(std::string("its kubelet is ") + (node.kubelet_active ? "active" : "not active"));
  add("its etcd " + settled(node.etcd));
  add("its data is " + word_of(node.data));
  add("its manifest is " + word_of(node.manifest));
  const DataDirectory& data = facts.data_directory();
  if (data.has_member_id() || data.has_cluster_id()) {
    add("its data directory is of member " + data.member_id() + " of cluster " + data.cluster_id());
  }
  for (const Manifest& manifest : facts.manifests()) add(manifest.path() + " has sha256 " + manifest.sha256());
  for (const Certificate& certificate : facts.certificates()) {
    add(certificate.path() + " has fingerprint " + certificate.fingerprint() +
        (certificate.key_matches() ? ", and its key is there" : ""));
  }
  for (const Certificate& another : facts.more_authorities()) add("etcd's ca.crt has " + another.fingerprint() + " too");
  if (facts.has_next_authority()) add("the CA " + facts.next_authority().fingerprint() + " is kept aside");
  for (const Tombstone& tombstone : facts.tombstones()) add(tombstone.cluster_id() + " is given up");
  for (const Tool& tool : facts.tools()) {
    // Those of a container are there only while it runs.
    if (tool.place() != Tool::CONTAINER) add("there is " + tool.name() + " " + tool.version() + " at " + tool.path());
  }
}

}  // namespace

std::vector<std::string> facts_that_matter(const Observation& observation, const Situation& situation) {
  std::vector<std::string> lines;
  lines.push_back("it is etcd cluster " + situation.cluster_id);
  lines.push_back(situation.quorum() ? "there is a quorum" : "there is no quorum");
  for (const MemberSituation& member : situation.members) {
    std::string urls = member.peer_url;
    for (const std::string& url : member.more_peer_urls) urls += ", " + url;
    lines.push_back("member " + member.id + " " + member.name + " is a " + (member.learner ? "learner" : "voter") + " at " + urls);
    lines.push_back("member " + member.id + (member.live ? " is live" : " is not live"));
  }
  if (observation.has_authority()) {
    lines.push_back("the workstation's CA is " + observation.authority().fingerprint() +
                    (observation.authority().key_matches() ? ", and its key is there" : ""));
  }
  for (const NodeSituation& node : situation.nodes) {
    const NodeObservation* seen = find_node(observation, node.name);
    add_node(node, seen == nullptr ? NodeFacts::default_instance() : seen->facts(), lines);
  }
  return lines;
}

std::string facts_digest(const std::vector<std::string>& facts) { return sha256_hex(join(facts, "\n")); }

}  // namespace quorate
