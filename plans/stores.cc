// SPDX-License-Identifier: Apache-2.0
#include "plans/stores.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "plans/lookup.h"

namespace quorate {
namespace {

using Hash = std::tuple<std::int64_t, std::int64_t, std::uint32_t>;

Hash hash_of(const EtcdEndpoint& endpoint) {
  const HashOfStore& store = endpoint.store_hash();
  return {store.revision(), store.compact_revision(), store.hash()};
}

const EtcdEndpoint* endpoint_of(const Observation& observation, const std::string& cluster_id, const std::string& member_id) {
  for (const NodeObservation& node : observation.nodes()) {
    const EndpointStatus& status = node.endpoint().status();
    if (status.cluster_id() == cluster_id && status.member_id() == member_id) return &node.endpoint();
  }
  return nullptr;
}

std::string text_of(const HashOfStore& store) {
  std::string text = "hash " + std::to_string(store.hash()) + " at revision " + std::to_string(store.revision());
  // -1: etcd has dropped none.
  if (store.compact_revision() > 0) text += ", history since " + std::to_string(store.compact_revision());
  return text;
}

// What more than half of the voters have; of two that differ neither is the majority.
const Hash* majority_of(const std::map<Hash, std::size_t>& counts, std::size_t voters) {
  for (const auto& [hash, count] : counts) {
    if (voters >= 3 && count * 2 > voters) return &hash;
  }
  return nullptr;
}

}  // namespace

StoreComparison compare_stores(const Observation& observation, const std::string& cluster_id, const MemberList& members) {
  const EtcdEndpoint* first = nullptr;
  for (const Member& member : members.members()) {
    if (member.learner()) continue;
    const EtcdEndpoint* endpoint = endpoint_of(observation, cluster_id, member.id());
    if (endpoint == nullptr || !endpoint->has_store_hash()) return {false, "member " + member.id() + " gave no hash of its store"};
    if (first == nullptr) first = endpoint;
    if (hash_of(*endpoint) != hash_of(*first))
      return {false, "member " + member.id() + " has another store than the one before it"};
  }
  return {first != nullptr, first == nullptr ? "no voter answers" : ""};
}

void mark_corrupt_stores(const Observation& observation, const MemberList& members, Situation& situation) {
  if (!situation.corrupt || compare_stores(observation, situation.cluster_id, members).agree) return;
  std::map<Hash, std::size_t> counts;
  for (const NodeObservation& node : observation.nodes()) {
    const EtcdEndpoint& endpoint = node.endpoint();
    const bool votes = endpoint.status().cluster_id() == situation.cluster_id && !endpoint.status().learner();
    if (votes && endpoint.has_store_hash()) ++counts[hash_of(endpoint)];
  }
  for (MemberSituation& member : situation.members) {
    const EtcdEndpoint* endpoint = endpoint_of(observation, situation.cluster_id, member.id);
    member.store_unseen = !member.learner && (endpoint == nullptr || !endpoint->has_store_hash());
  }
  const Hash* right = majority_of(counts, situation.voters());
  situation.stores_undecided = right == nullptr;
  if (right == nullptr) return;
  for (NodeSituation& node : situation.nodes) {
    const EtcdEndpoint& endpoint = find_node(observation, node.name)->endpoint();
    if (node.etcd != EtcdState::serving || !node.member || !endpoint.has_store_hash()) continue;
    const bool same_history =
        endpoint.store_hash().revision() == std::get<0>(*right) && endpoint.store_hash().compact_revision() == std::get<1>(*right);
    if (same_history && hash_of(endpoint) != *right) node.data = DataState::corrupt;
  }
}

std::vector<std::string> store_hashes(const Observation& observation, const std::string& cluster_id, const MemberList& members) {
  std::vector<std::string> lines;
  for (const Member& member : members.members()) {
    if (member.learner()) continue;
    const EtcdEndpoint* endpoint = endpoint_of(observation, cluster_id, member.id());
    const bool seen = endpoint != nullptr && endpoint->has_store_hash();
    lines.push_back("member " + member.id() + " " + member.name() + ": " +
                    (seen ? text_of(endpoint->store_hash()) : "gave no hash"));
  }
  return lines;
}

}  // namespace quorate
