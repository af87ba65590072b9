// SPDX-License-Identifier: Apache-2.0
#include "engine/live_world.h"

#include <algorithm>
#include <future>
#include <optional>

#include "engine/workstation_authority.h"
#include "plans/cluster_choice.h"
#include "plans/lookup.h"
#include "plans/matching.h"
#include "providers/node/write_ahead_log.h"
#include "schemas/document.h"

namespace quorate {
namespace {

using std::chrono::steady_clock;

// A dead node is known by then (see connect_limit); this is for one that answers, and is slow under load, or hangs.
constexpr std::chrono::milliseconds observe_limit(7000);
constexpr std::chrono::milliseconds neighbour_limit(1200);
constexpr std::chrono::seconds remember_for(10);
// A file of the log has 64 MB at most.
constexpr std::chrono::seconds log_limit(15);
// etcd reads its whole store for a hash (etcd-facts 2.6: 1.3 GB in seconds).
constexpr std::chrono::seconds hash_limit(60);

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

LiveWorld::LiveWorld(const Spec& spec) : spec_(spec) {
  for (const MemberSpec& member : spec_.spec().members()) links_.push_back(std::make_unique<NodeLink>(spec_.spec(), member));
}

Observation LiveWorld::observe() {
  const auto deadline = steady_clock::now() + observe_limit;
  Observation observation;
  observation.set_api_version(document_version);
  observation.set_kind("Observation");
  observation.set_cluster(spec_.metadata().name());
  observation.set_taken_at_seconds(unix_seconds());
  const std::string& authority = spec_.spec().certificates().authority();
  if (!authority.empty()) *observation.mutable_authority() = observe_workstation_authority(authority);
  std::vector<std::future<NodeObservation>> looks;
  looks.reserve(links_.size());
  for (const auto& link : links_) {
    looks.push_back(std::async(std::launch::async, [&link, deadline] { return link->observe(deadline); }));
  }
  for (auto& look : looks) *observation.add_nodes() = look.get();
  observe_others(observation);
  read_logs(observation);
  hash_stores(observation);
  return observation;
}

NodeObservation* LiveWorld::node_of(const Member& member, Observation& observation) const {
  const std::string host = host_of_url(member.peer_urls(0));
  for (int i = 0; i < observation.nodes_size(); ++i) {
    if (is_address_of(host, spec_.spec().members(i), observation.nodes(i))) return observation.mutable_nodes(i);
  }
  for (int i = 0; i < observation.nodes_size(); ++i) {
    if (is_known_by_name(member.name(), spec_.spec().members(i), observation.nodes(i))) return observation.mutable_nodes(i);
  }
  return nullptr;
}

// Those whose own etcd is of the cluster see its members best; without one, whoever has credentials.
std::vector<NodeLink*> LiveWorld::neighbours(const Observation& observation, const std::string& cluster_id) const {
  std::vector<NodeLink*> able;
  std::vector<NodeLink*> serving;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (links_[i]->node() == nullptr || !links_[i]->has_credentials()) continue;
    able.push_back(links_[i].get());
    const EtcdEndpoint& own = observation.nodes(static_cast<int>(i)).endpoint();
    if (own.has_status() && own.status().cluster_id() == cluster_id) serving.push_back(links_[i].get());
  }
  return serving.empty() ? able : serving;
}

// No SSH is not no etcd, and one neighbour's silence is not everybody's: any answer counts.
LiveWorld::Remembered LiveWorld::look_through(const std::vector<NodeLink*>& neighbours, const Member& member) const {
  const auto known = neighbours_.find(member.id());
  const bool fresh = known != neighbours_.end() && steady_clock::now() - known->second.at <= remember_for;
  if (fresh && !known->second.endpoint.answers()) return known->second;
  // A probe that hung has used up the time of the nodes' own looks; what only a neighbour reaches must not count as silent by that.
  const auto until = steady_clock::now() + neighbour_limit;
  std::vector<std::future<EtcdEndpoint>> looks;
  for (NodeLink* link : neighbours) {
    looks.push_back(std::async(std::launch::async,
                               [=, &member] { return link->ask_neighbour(member.client_urls(0), member.peer_urls(0), until); }));
  }
  std::optional<EtcdEndpoint> best;
  for (auto& look : looks) {
    EtcdEndpoint seen = look.get();
    const bool better =
        !best || (seen.answers() && !best->answers()) || (!best->answers() && seen.port_open() && !best->port_open());
    if (better) best = std::move(seen);
  }
  return {steady_clock::now(), *std::move(best)};
}

// Members whose own node did not tell. All at once, since silence takes time.
void LiveWorld::observe_others(Observation& observation) {
  const ClusterChoice cluster = choose_cluster(spec_, observation);
  const std::vector<NodeLink*> asking = neighbours(observation, cluster.cluster_id);
  if (asking.empty()) return;
  std::vector<const Member*> silent;
  std::vector<std::future<Remembered>> looks;
  for (const Member& member : cluster.members.members()) {
    if (cluster.live.contains(member.id()) || member.client_urls().empty() || member.peer_urls().empty()) continue;
    const NodeObservation* own = node_of(member, observation);
    if (own != nullptr && own->has_facts()) continue;
    silent.push_back(&member);
    looks.push_back(std::async(std::launch::async, [&] { return look_through(asking, member); }));
  }
  // They read what is remembered, which is written when all have come back.
  std::vector<Remembered> seen;
  for (auto& look : looks) seen.push_back(look.get());
  for (std::size_t i = 0; i < silent.size(); ++i) {
    NodeObservation* own = node_of(*silent[i], observation);
    *(own != nullptr ? own->mutable_endpoint() : observation.add_other_endpoints()) = seen[i].endpoint;
    neighbours_.insert_or_assign(silent[i]->id(), std::move(seen[i]));
  }
}

std::optional<LogEnd> LiveWorld::read_log(std::size_t link, const DataDirectory& data, Deadline deadline) const {
  const auto known = log_ends_.find({data.member_id(), data.newest_wal()});
  if (known != log_ends_.end()) return known->second;
  const std::shared_ptr<node::Node> node = links_[link]->node();
  if (node == nullptr) return std::nullopt;
  node::LogReader reader;
  const auto take = [&](std::string_view bytes) { return reader.add(bytes) ? absl::OkStatus() : cancelled("it ends here"); };
  const absl::Status read = node->read_file(data.path() + "/member/wal/" + data.newest_wal(), take, deadline);
  if (!read.ok() && !absl::IsCancelled(read)) return std::nullopt;
  return reader.end();
}

// How far the log goes of who serves nothing: what a survivor is chosen by. Without a quorum nothing is added to it, so while
// there is none each is read once; it may be 64 MB, and is asked for only then.
void LiveWorld::read_logs(Observation& observation) {
  if (!choose_cluster(spec_, observation).leader_id.empty()) {
    log_ends_.clear();
    return;
  }
  const auto deadline = steady_clock::now() + log_limit;
  std::vector<int> nodes;
  std::vector<std::future<std::optional<LogEnd>>> looks;
  for (int i = 0; i < observation.nodes_size(); ++i) {
    const NodeObservation& node = observation.nodes(i);
    if (node.endpoint().has_status() || !node.facts().data_directory().initialised()) continue;
    nodes.push_back(i);
    looks.push_back(std::async(std::launch::async, [=, this, &node] {
      return read_log(static_cast<std::size_t>(i), node.facts().data_directory(), deadline);
    }));
  }
  // They read what is remembered, which is written when all have come back.
  std::vector<std::optional<LogEnd>> ends;
  for (auto& look : looks) ends.push_back(look.get());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!ends[i]) continue;
    DataDirectory& data = *observation.mutable_nodes(nodes[i])->mutable_facts()->mutable_data_directory();
    *data.mutable_log_end() = *ends[i];
    log_ends_[{data.member_id(), data.newest_wal()}] = *ends[i];
  }
}

std::optional<HashOfStore> LiveWorld::ask_for_hash(const HashesWanted::Voter& voter, std::int64_t revision) const {
  const auto known = hashes_.find({voter.member_id, revision});
  if (known != hashes_.end()) return known->second;
  etcd::Client* client = links_[static_cast<std::size_t>(voter.node)]->client();
  if (client == nullptr) return std::nullopt;
  const absl::StatusOr<etcd::StoreHash> hash = client->hash_of_store(revision, steady_clock::now() + hash_limit);
  if (!hash.ok()) return std::nullopt;
  HashOfStore store;
  store.set_revision(revision);
  store.set_compact_revision(hash->compact_revision);
  store.set_hash(hash->hash);
  return store;
}

void LiveWorld::hash_stores(Observation& observation) {
  const HashesWanted wanted = hashes_wanted(observation, hashes_);
  const auto& voters = wanted.voters;
  const bool all_can_tell = std::all_of(voters.begin(), voters.end(), [this](const HashesWanted::Voter& voter) {
    return links_[static_cast<std::size_t>(voter.node)]->client() != nullptr;
  });
  if (wanted.of_all && !all_can_tell) return;
  std::vector<std::future<std::optional<HashOfStore>>> looks;
  for (const HashesWanted::Voter& voter : voters) {
    looks.push_back(std::async(std::launch::async, [&] { return ask_for_hash(voter, wanted.revision); }));
  }
  // They read what is remembered, which is written when all have come back.
  std::vector<std::optional<HashOfStore>> hashes;
  for (auto& look : looks) hashes.push_back(look.get());
  for (std::size_t i = 0; i < voters.size(); ++i) {
    if (!hashes[i]) continue;
    *observation.mutable_nodes(voters[i].node)->mutable_endpoint()->mutable_store_hash() = *hashes[i];
    hashes_[{voters[i].member_id, wanted.revision}] = *hashes[i];
  }
}

std::shared_ptr<node::Node> LiveWorld::node(const std::string& name) {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (spec_.spec().members(static_cast<int>(i)).name() == name) return links_[i]->node();
  }
  return nullptr;
}

etcd::Client* LiveWorld::client(const std::string& node) {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (spec_.spec().members(static_cast<int>(i)).name() == node) return links_[i]->client();
  }
  return nullptr;
}

}  // namespace quorate
