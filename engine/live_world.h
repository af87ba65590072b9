// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/node_link.h"
#include "engine/world.h"
#include "plans/stores.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// The nodes of a spec, over SSH. Not for several threads at once, but for node() and client().
class LiveWorld : public World {
 public:
  explicit LiveWorld(const Spec& spec);

  Observation observe() override;
  std::shared_ptr<node::Node> node(const std::string& name) override;
  etcd::Client* client(const std::string& node) override;

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Remembered {
    std::chrono::steady_clock::time_point at;
    EtcdEndpoint endpoint;
  };

  void observe_others(Observation& observation);
  void read_logs(Observation& observation);
  std::optional<LogEnd> read_log(std::size_t link, const DataDirectory& data, Deadline deadline) const;
  void hash_stores(Observation& observation);
  std::optional<HashOfStore> ask_for_hash(const HashesWanted::Voter& voter, std::int64_t revision) const;
  Remembered look_through(const std::vector<NodeLink*>& neighbours, const Member& member) const;
  std::vector<NodeLink*> neighbours(const Observation& observation, const std::string& cluster_id) const;
  NodeObservation* node_of(const Member& member, Observation& observation) const;

  Spec spec_;
  std::vector<std::unique_ptr<NodeLink>> links_;  // in the spec's order
  ToldHashes hashes_;
  std::map<std::pair<std::string, std::string>, LogEnd> log_ends_;  // by member ID and file
  std::map<std::string, Remembered> neighbours_;                    // by member ID: silent ones are not asked at every look
};

}  // namespace quorate
