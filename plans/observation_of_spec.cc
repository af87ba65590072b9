// SPDX-License-Identifier: Apache-2.0
#include "plans/observation_of_spec.h"

#include <algorithm>
#include <vector>

#include "plans/cluster_choice.h"
#include "plans/lookup.h"

namespace quorate {
namespace {

template <typename Members>
bool is_host_of_one(const Members& members, const std::string& host) {
  return std::count_if(members.begin(), members.end(), [&](const auto& member) { return member.host() == host; }) == 1;
}

// A host under another name is the same machine, with the same etcd, unless several are behind it, by their ports; a name at
// another host is another machine.
const NodeObservation* recorded_of(const Observation& recorded, const Spec& spec, const MemberSpec& member) {
  const auto& nodes = recorded.nodes();
  const auto same = std::find_if(nodes.begin(), nodes.end(), [&](const NodeObservation& node) {
    return node.host() == member.host() && node.name() == member.name();
  });
  if (same != nodes.end()) return &*same;
  if (!is_host_of_one(nodes, member.host()) || !is_host_of_one(spec.spec().members(), member.host())) return nullptr;
  return &*std::find_if(nodes.begin(), nodes.end(), [&](const NodeObservation& node) { return node.host() == member.host(); });
}

NodeObservation not_recorded(const MemberSpec& member) {
  NodeObservation node;
  node.set_host(member.host());
  node.mutable_ssh()->set_state(SshState::NOT_RECORDED);
  node.mutable_ssh()->set_detail("the record was made without " + member.host());
  return node;
}

bool has_host(const Spec& spec, const std::string& host) {
  const auto& members = spec.spec().members();
  return std::any_of(members.begin(), members.end(), [&](const MemberSpec& member) { return member.host() == host; });
}

// Only members are asked beside the spec's nodes.
bool is_of_member(const EtcdEndpoint& endpoint, const MemberList& members) {
  return std::any_of(members.members().begin(), members.members().end(),
                     [&](const Member& member) { return is_endpoint_of(member, endpoint); });
}

}  // namespace

Observation observation_of_spec(const Spec& spec, const Observation& recorded) {
  Observation observation = recorded;
  observation.clear_nodes();
  for (const MemberSpec& member : spec.spec().members()) {
    const NodeObservation* found = recorded_of(recorded, spec, member);
    NodeObservation& node = *observation.add_nodes();
    node = found != nullptr ? *found : not_recorded(member);
    node.set_name(member.name());
  }
  const ClusterChoice cluster = choose_cluster(spec, observation);
  for (const NodeObservation& node : recorded.nodes()) {
    if (!has_host(spec, node.host()) && is_of_member(node.endpoint(), cluster.members))
      *observation.add_other_endpoints() = node.endpoint();
  }
  return observation;
}

}  // namespace quorate
