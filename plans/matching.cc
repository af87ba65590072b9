// SPDX-License-Identifier: Apache-2.0
#include "plans/matching.h"

#include <algorithm>

#include "plans/finding.h"
#include "plans/lookup.h"
#include "schemas/spec_reader.h"

namespace quorate {
namespace {

std::optional<std::size_t> index_of_id(const Situation& situation, const std::string& id) {
  for (std::size_t i = 0; i < situation.members.size(); ++i) {
    if (!id.empty() && situation.members[i].id == id && !situation.members[i].node) return i;
  }
  return std::nullopt;
}

// The ID by which a node's etcd takes part.
std::string served_id(const NodeObservation& node, const std::string& cluster_id) {
  const EndpointStatus& status = node.endpoint().status();
  return node.endpoint().has_status() && status.cluster_id() == cluster_id ? status.member_id() : "";
}

// The ID by which it would, where nothing serves.
std::string stored_id(const NodeObservation& node, const std::string& cluster_id) {
  const DataDirectory& data = node.facts().data_directory();
  const bool serves = node.endpoint().has_status() && node.endpoint().status().cluster_id() == cluster_id;
  return !serves && data.initialised() && data.cluster_id() == cluster_id ? data.member_id() : "";
}

bool is_stored_once(const Observation& observation, const std::string& id, const std::string& cluster_id) {
  return std::count_if(observation.nodes().begin(), observation.nodes().end(),
                       [&](const NodeObservation& node) { return stored_id(node, cluster_id) == id; }) == 1;
}

// Of several nodes with one member's data, the one at the member's address is no copy.
std::optional<std::size_t> index_of_data(const Situation& situation, const Observation& observation, const MemberSpec& spec,
                                         const NodeObservation& node) {
  const std::string id = stored_id(node, situation.cluster_id);
  const std::optional<std::size_t> index = index_of_id(situation, id);
  if (!index || is_stored_once(observation, id, situation.cluster_id)) return index;
  return is_address_of(host_of_url(situation.members[*index].peer_url), spec, node) ? index : std::nullopt;
}

std::optional<std::size_t> index_by_address(const Situation& situation, const MemberSpec& spec, const NodeObservation& node) {
  for (std::size_t i = 0; i < situation.members.size(); ++i) {
    const MemberSituation& member = situation.members[i];
    if (!member.node && is_address_of(host_of_url(member.peer_url), spec, node)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> index_by_name(const Situation& situation, const MemberSpec& spec, const NodeObservation& node) {
  for (std::size_t i = 0; i < situation.members.size(); ++i) {
    if (!situation.members[i].node && is_known_by_name(situation.members[i].name, spec, node)) return i;
  }
  return std::nullopt;
}

Finding name_disagrees(const NodeSituation& node, const MemberSituation& member) {
  return make_finding(FindingKind::name_disagrees,
                      {.subject = node.name,
                       .summary = "The spec calls the member at " + member.peer_url + " " + node.name +
                                  ", but the cluster knows it as " + member.name + ".",
                       .evidence = {"member " + member.id + ": name " + member.name + ", peer URL " + member.peer_url},
                       .remedy = "Write `name: " + member.name + "` in the spec."});
}

void bind(Situation& situation, std::size_t node, std::size_t member, std::vector<Finding>& refusals) {
  situation.nodes[node].member = member;
  situation.members[member].node = node;
  const std::string& name = situation.members[member].name;
  if (!name.empty() && name != situation.nodes[node].name) {
    refusals.push_back(name_disagrees(situation.nodes[node], situation.members[member]));
  }
}

}  // namespace

bool is_address_of(const std::string& address, const MemberSpec& member, const NodeObservation& node) {
  if (address.empty()) return false;
  if (address == member_address(member) || address == member.host()) return true;
  const auto& own = node.facts().addresses();
  return std::find(own.begin(), own.end(), address) != own.end();
}

bool is_known_by_name(const std::string& name, const MemberSpec& member, const NodeObservation& node) {
  return !node.has_facts() && member_address(member).empty() && member.name() == name;
}

void match_members(const Spec& spec, const Observation& observation, Situation& situation, std::vector<Finding>& refusals) {
  const auto& members = spec.spec().members();
  const auto match = [&](auto&& find) {
    for (std::size_t i = 0; i < situation.nodes.size(); ++i) {
      const NodeObservation* node = find_node(observation, situation.nodes[i].name);
      if (situation.nodes[i].member || node == nullptr) continue;
      if (const std::optional<std::size_t> member = find(members[static_cast<int>(i)], *node)) {
        bind(situation, i, *member, refusals);
      }
    }
  };
  // Before any data: a stopped copy must not pass for what serves.
  match([&](const MemberSpec&, const NodeObservation& node) {
    return index_of_id(situation, served_id(node, situation.cluster_id));
  });
  match([&](const MemberSpec& member, const NodeObservation& node) { return index_of_data(situation, observation, member, node); });
  match([&](const MemberSpec& member, const NodeObservation& node) { return index_by_address(situation, member, node); });
  // A node that shows nothing of itself, under a DNS name: its name is all there is.
  match([&](const MemberSpec& member, const NodeObservation& node) { return index_by_name(situation, member, node); });
}

}  // namespace quorate
