// SPDX-License-Identifier: Apache-2.0
#include "tests/plans/support/scripted_cluster.h"

#include <algorithm>
#include <stdexcept>

#include "plans/quorum.h"
#include "schemas/digest.h"

namespace quorate {
namespace {

std::string address_of(const std::string& name) { return "10.20.30.10" + name.substr(name.size() - 1); }

ScriptedNode healthy_node(const std::string& name, const std::string& address, const std::string& initial_cluster, bool joined) {
  ScriptedNode node;
  node.name = name;
  node.host = address;
  node.address = address;
  node.data.member_id = scripted_id(name);
  const std::vector<std::string> flags =
      joined ? std::vector<std::string>{"--initial-cluster-state=existing"} : std::vector<std::string>{};
  node.manifests[std::string(manifest_folder) + "/etcd.yaml"] = scripted_manifest(name, address, initial_cluster, flags);
  node.certificates = all_certificates();
  return node;
}

}  // namespace

std::string authority_name(const std::string& authority) { return authority.rfind("etcd-ca", 0) == 0 ? authority : "etcd-ca"; }

std::vector<std::string> authorities_of(const ScriptedNode& node) {
  if (node.authority.empty()) return {};
  std::vector<std::string> all = {node.authority};
  all.insert(all.end(), node.more_authorities.begin(), node.more_authorities.end());
  return all;
}

bool has_key_of_authority(const ScriptedNode& node) {
  return node.authority_key && !node.authority.empty() &&
         (node.authority_key_of.empty() || node.authority_key_of == node.authority);
}

std::map<std::string, ScriptedCertificate> all_certificates() {
  return {{"server.crt", {}}, {"peer.crt", {}}, {"healthcheck-client.crt", {}}, {"apiserver-etcd-client.crt", {}}};
}

std::string scripted_id(const std::string& node) { return sha256_hex("member " + node).substr(0, 16); }

ScriptedCluster healthy_cluster(const std::vector<std::string>& nodes) {
  ScriptedCluster cluster;
  cluster.spec.set_api_version("quorate/v1alpha1");
  cluster.spec.set_kind("EtcdCluster");
  cluster.spec.mutable_metadata()->set_name("prod-eu1");
  std::string initial_cluster;
  for (const std::string& text : nodes) {
    const std::string name = text.substr(0, text.find('@'));
    const std::string address = name.size() == text.size() ? address_of(name) : text.substr(name.size() + 1);
    const std::string peer_url = "https://" + address + ":2380";
    const bool joined = !initial_cluster.empty();
    initial_cluster += (joined ? "," : "") + name + "=" + peer_url;
    MemberSpec& member = *cluster.spec.mutable_spec()->add_members();
    member.set_name(name);
    member.set_host(address);
    cluster.nodes.push_back(healthy_node(name, address, initial_cluster, joined));
    cluster.members.push_back({.id = scripted_id(name), .name = name, .peer_url = peer_url});
  }
  cluster.elect();
  return cluster;
}

ScriptedNode& ScriptedCluster::node(const std::string& name) {
  for (ScriptedNode& each : nodes) {
    if (each.name == name) return each;
  }
  throw std::runtime_error("the script has no node " + name);
}

ScriptedMember* ScriptedCluster::member_of(const ScriptedNode& node) {
  for (ScriptedMember& member : members) {
    if (member.id == node.data.member_id || member.peer_url == "https://" + node.address + ":2380") return &member;
  }
  return nullptr;
}

const ScriptedMember* ScriptedCluster::active_member(const ScriptedNode& node) const {
  const bool usable = node.etcd == Running::up && node.data.initialised && node.data.cluster_id == cluster_id;
  if (!usable) return nullptr;
  for (const ScriptedMember& member : members) {
    if (member.id == node.data.member_id) return &member;
  }
  return nullptr;
}

bool ScriptedCluster::has_leader() const {
  std::size_t voters = 0;
  std::size_t live = 0;
  for (const ScriptedMember& member : members) voters += member.learner ? 0 : 1;
  for (const ScriptedMember& member : members) live += !member.learner && member.live_elsewhere ? 1 : 0;
  for (const ScriptedNode& each : nodes) {
    const ScriptedMember* member = active_member(each);
    live += member != nullptr && !member->learner ? 1 : 0;
  }
  return has_quorum(voters, live);
}

void ScriptedCluster::elect() {
  std::set<std::string> candidates;
  std::string first;
  for (const ScriptedNode& each : nodes) {
    const ScriptedMember* member = active_member(each);
    if (member == nullptr || member->learner) continue;
    if (first.empty()) first = member->id;
    candidates.insert(member->id);
  }
  for (const ScriptedMember& member : members) {
    if (member.live_elsewhere && !member.learner) candidates.insert(member.id);
  }
  if (first.empty() && !candidates.empty()) first = *candidates.begin();
  if (candidates.count(leader_id) == 0) leader_id = first;
}

}  // namespace quorate
