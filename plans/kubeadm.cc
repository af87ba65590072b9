// SPDX-License-Identifier: Apache-2.0
#include "plans/kubeadm.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "plans/control_plane.h"
#include "plans/lookup.h"
#include "schemas/digest.h"

namespace quorate {
namespace {

// kubeadm before 1.31 works by crictl (kubernetes/kubeadm#3064).
constexpr int first_without_crictl = 31;
// kubernetes/kubernetes#125582
constexpr int first_with_etcd_join = 31;

bool can_invite(const NodeObservation& other, const NodeSituation& condition, int minor) {
  const NodeFacts& facts = other.facts();
  return condition.access == Access::answers && !condition.awaits_kubeadm() && condition.api_server && facts.api_server_ready() &&
         condition.authority_key_present && find_tool(facts, "kubectl") != nullptr && kubeadm_minor(facts) == minor;
}

std::string inviter_for(const Observation& observation, const Situation& situation, const NodeSituation& node, int minor) {
  for (const NodeSituation& other : situation.nodes) {
    if (other.name != node.name && can_invite(*find_node(observation, other.name), other, minor)) return other.name;
  }
  return "";
}

std::string obstacle(const NodeFacts& facts, std::optional<int> minor, const std::string& inviter) {
  if (find_tool(facts, "kubeadm") == nullptr) return "There is no kubeadm on it.";
  if (!minor) return "Its kubeadm does not say which version it is.";
  if (*minor < first_without_crictl && find_tool(facts, "crictl") == nullptr) {
    return "kubeadm before 1.31 works by crictl, and there is none on it.";
  }
  if (inviter.empty()) {
    return "No other node can invite it: one whose API server is ready, with kubectl, kubeadm 1." + std::to_string(*minor) +
           " and the key of etcd's CA.";
  }
  return "";
}

KubeadmState state_of(const NodeFacts& facts, const std::string& run_id) {
  const std::string folder = "/var/lib/quorate/" + run_id;
  const auto has = [&](const std::string& mark) {
    return std::find(facts.kubeadm_marks().begin(), facts.kubeadm_marks().end(), folder + mark) != facts.kubeadm_marks().end();
  };
  if (has("/kubeadm-finished")) return KubeadmState::finished;
  return has("/kubeadm-joined") ? KubeadmState::joined : KubeadmState::none;
}

}  // namespace

std::optional<int> kubeadm_minor(const NodeFacts& facts) {
  const Tool* tool = find_tool(facts, "kubeadm");
  if (tool == nullptr || tool->version().rfind("v1.", 0) != 0) return std::nullopt;
  const std::string& version = tool->version();
  int minor = 0;
  const auto [end, error] = std::from_chars(version.data() + 3, version.data() + version.size(), minor);
  if (error != std::errc() || end == version.data() + version.size() || *end != '.') return std::nullopt;
  return minor;
}

std::string phases_before_finish(int minor) {
  const std::string phases = "preflight,control-plane-prepare,kubelet-start,control-plane-join/etcd";
  return minor < first_with_etcd_join ? phases : phases + ",etcd-join";
}

std::string kubeadm_token_id(const std::string& run_id, const std::string& node) {
  return sha256_hex(run_id + " " + node).substr(0, 6);
}

std::vector<std::string> forget_kubeadm_token(const std::string& token_id) {
  return {"kubectl",
          "--kubeconfig=/etc/kubernetes/admin.conf",
          "--namespace=kube-system",
          "delete",
          "secret",
          "--ignore-not-found",
          "bootstrap-token-" + token_id};
}

std::vector<std::string> manifests_of_others(const NodeFacts& facts, const std::string& run_id) {
  std::set<std::string> names(facts.other_manifest_names().begin(), facts.other_manifest_names().end());
  for (const std::string& path : facts.parked_manifests()) {
    if (folder_of(path) == "/var/lib/quorate/" + run_id) names.insert(base_name(path));
  }
  for (const Manifest& manifest : facts.spare_manifests()) names.erase(base_name(manifest.path()));
  for (const bool api_server : {true, false}) {
    for (const std::string& name : control_plane_manifests(api_server)) names.erase(name);
  }
  return {names.begin(), names.end()};
}

void mark_kubeadm(const Observation& observation, const std::vector<Intent>& intents, const std::string& run_id,
                  Situation& situation) {
  for (NodeSituation& node : situation.nodes) {
    node.by_kubeadm = std::any_of(intents.begin(), intents.end(), [&](const Intent& intent) {
      return intent.replace().by_kubeadm() && intent.replace().node() == node.name;
    });
    if (node.by_kubeadm) node.kubeadm = state_of(find_node(observation, node.name)->facts(), run_id);
  }
  for (NodeSituation& node : situation.nodes) {
    if (!node.by_kubeadm) continue;
    const NodeFacts& facts = find_node(observation, node.name)->facts();
    const std::optional<int> minor = kubeadm_minor(facts);
    if (minor) node.kubeadm_inviter = inviter_for(observation, situation, node, *minor);
    node.kubeadm_obstacle = situation.signing != Signing::on_nodes
                                ? "kubeadm signs on the node, and the spec has etcd's CA on the workstation."
                                : obstacle(facts, minor, node.kubeadm_inviter);
  }
}

}  // namespace quorate
