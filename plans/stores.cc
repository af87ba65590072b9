// SPDX-License-Identifier: Apache-2.0
#include "plans/stores.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "plans/alarms.h"
#include "plans/log_causes.h"
#include "plans/lookup.h"
#include "plans/node_condition.h"

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

// As a line of etcd's log names it: by its ID, which 3.7.3 writes as 0, or by where its peers reach it.
bool is_named_in(const std::string& line, const MemberSituation& member) {
  return names_member(line, member.id) || line.find("\"" + member.peer_url + "\"") != std::string::npos;
}

// What they have alike must reach as far as what it compared: they may differ from one another in what came later.
bool differs_from_one_of(const std::vector<const MemberSituation*>& members, std::int64_t revision, const NodeObservation& node,
                         std::int64_t now_seconds) {
  const std::vector<std::string> lines = differing_peers_in_log(etcd_log(node.facts(), now_seconds));
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    const std::optional<std::int64_t> compared = compared_revision(line);
    return compared && *compared <= revision &&
           std::any_of(members.begin(), members.end(), [&](const MemberSituation* member) { return is_named_in(line, *member); });
  });
}

void mark_refused_stores(const Observation& observation, Situation& situation) {
  std::vector<const MemberSituation*> alike;
  std::optional<Hash> right;
  for (const MemberSituation& member : situation.members) {
    if (member.learner || !member.live) continue;
    const EtcdEndpoint* endpoint = endpoint_of(observation, situation.cluster_id, member.id);
    if (endpoint == nullptr || !endpoint->has_store_hash()) return;
    if (right && hash_of(*endpoint) != *right) return;
    right = hash_of(*endpoint);
    alike.push_back(&member);
  }
  if (situation.voters() < 3 || alike.size() * 2 <= situation.voters()) return;
  for (NodeSituation& node : situation.nodes) {
    if (!node.store_differs || node.data != DataState::own || !node.member) continue;
    const NodeObservation& seen = *find_node(observation, node.name);
    if (differs_from_one_of(alike, std::get<0>(*right), seen, observation.taken_at_seconds())) node.data = DataState::corrupt;
  }
}

bool have_all_told(const std::vector<HashesWanted::Voter>& voters, std::int64_t revision, std::int64_t compact_revision,
                   const ToldHashes& told) {
  return std::all_of(voters.begin(), voters.end(), [&](const HashesWanted::Voter& voter) {
    const auto found = told.find({voter.member_id, revision});
    return found != told.end() && found->second.compact_revision() == compact_revision;
  });
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

bool are_stores_in_doubt(const Observation& observation) {
  return std::any_of(observation.nodes().begin(), observation.nodes().end(), [&](const NodeObservation& node) {
    if (is_raised(node.endpoint().status(), corrupt_alarm)) return true;
    const std::optional<LogFinding> cause = cause_in_log(etcd_log(node.facts(), observation.taken_at_seconds()));
    return !node.endpoint().has_status() && cause && cause->cause == LogCause::store_differs;
  });
}

HashesWanted hashes_wanted(const Observation& observation, const ToldHashes& told) {
  if (!are_stores_in_doubt(observation)) return {};
  HashesWanted wanted{.voters = {}, .revision = std::numeric_limits<std::int64_t>::max(), .of_all = true};
  for (int i = 0; i < observation.nodes_size(); ++i) {
    const EtcdEndpoint& endpoint = observation.nodes(i).endpoint();
    const EndpointStatus& status = endpoint.status();
    if (!endpoint.has_status() || status.learner()) continue;
    wanted.voters.push_back({i, status.member_id()});
    wanted.revision = std::min(wanted.revision, status.revision());
    if (is_raised(status, corrupt_alarm)) wanted.of_all = false;
  }
  if (!wanted.of_all) return wanted;
  std::int64_t told_by_all = 0;
  for (const auto& [key, hash] : told) {
    const std::int64_t revision = key.second;
    if (revision > told_by_all && revision <= wanted.revision &&
        have_all_told(wanted.voters, revision, hash.compact_revision(), told))
      told_by_all = revision;
  }
  if (told_by_all > 0) wanted.revision = told_by_all;
  return wanted;
}

void mark_corrupt_stores(const Observation& observation, const MemberList& members, Situation& situation) {
  mark_refused_stores(observation, situation);
  const bool in_doubt = situation.corrupt || std::any_of(situation.nodes.begin(), situation.nodes.end(),
                                                         [](const NodeSituation& node) { return node.store_differs; });
  if (!in_doubt || compare_stores(observation, situation.cluster_id, members).agree) return;
  std::map<Hash, std::size_t> counts;
  for (const NodeObservation& node : observation.nodes()) {
    const EtcdEndpoint& endpoint = node.endpoint();
    const bool votes = endpoint.status().cluster_id() == situation.cluster_id && !endpoint.status().learner();
    if (votes && endpoint.has_store_hash()) ++counts[hash_of(endpoint)];
  }
  for (MemberSituation& member : situation.members) {
    const EtcdEndpoint* endpoint = endpoint_of(observation, situation.cluster_id, member.id);
    member.store_unseen = !member.learner && (endpoint == nullptr || !endpoint->has_store_hash());
    if (!member.learner && !member.store_unseen) member.store = text_of(endpoint->store_hash());
  }
  const Hash* right = majority_of(counts, situation.voters());
  situation.stores_undecided = right == nullptr;
  // What serves without an alarm is replaced by a person's word alone.
  if (right == nullptr || !situation.corrupt) return;
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
