// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "plans/lookup.h"
#include "plans/plan.h"
#include "schemas/digest.h"

namespace quorate {
namespace {

void add(std::string& text, const std::string& key, const std::string& value) { text += key + "=" + value + "\n"; }

void add(std::string& text, const std::string& key, int value) { add(text, key, std::to_string(value)); }

// What flaps while nothing changes reads as one condition.
int settled(EtcdState state) {
  switch (state) {
    case EtcdState::serving: return 1;
    case EtcdState::stray: return 2;
    case EtcdState::starting:
    case EtcdState::failing: return 3;
    case EtcdState::stopped: return 4;
    case EtcdState::unknown: break;
  }
  return 0;
}

void add_node(std::string& text, const NodeSituation& node, const NodeFacts& facts) {
  add(text, "node", node.name);
  add(text, "access", static_cast<int>(node.access));
  add(text, "kubelet", node.kubelet_active ? 1 : 0);
  add(text, "etcd", settled(node.etcd));
  add(text, "data", static_cast<int>(node.data));
  add(text, "manifest", static_cast<int>(node.manifest));
  add(text, "data member", facts.data_directory().member_id());
  add(text, "data cluster", facts.data_directory().cluster_id());
  for (const Manifest& manifest : facts.manifests()) add(text, manifest.path(), manifest.sha256());
  for (const Certificate& certificate : facts.certificates()) {
    add(text, certificate.path(), certificate.fingerprint() + (certificate.key_matches() ? " with key" : ""));
  }
  for (const Tombstone& tombstone : facts.tombstones()) add(text, "given up", tombstone.cluster_id());
  for (const Tool& tool : facts.tools()) add(text, tool.name(), tool.path() + " " + tool.version());
}

}  // namespace

std::string facts_digest(const Observation& observation, const Situation& situation) {
  std::string text;
  add(text, "cluster", situation.cluster_id);
  add(text, "quorum", situation.quorum() ? 1 : 0);
  for (const MemberSituation& member : situation.members) {
    add(text, "member", member.id + " " + member.name + " " + member.peer_url + (member.learner ? " learner" : " voter"));
    for (const std::string& url : member.more_peer_urls) add(text, "also at", url);
    add(text, "live", member.live ? 1 : 0);
  }
  for (const NodeSituation& node : situation.nodes) {
    const NodeObservation* seen = find_node(observation, node.name);
    add_node(text, node, seen == nullptr ? NodeFacts::default_instance() : seen->facts());
  }
  return sha256_hex(text);
}

}  // namespace quorate
