// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/static_pod.h"

namespace quorate {

/// One cluster and its nodes as operations change them, by etcd's own rules (strict reconfiguration check, learners, promotion,
/// removed members) and the kubelet's. Begun with what an observation shows; it shares nothing with what makes the plans. What an
/// operation sets going has come about when the next one is applied: each step waits for its checks.
class Replay {
 public:
  /// The cluster is the one with that ID; where no endpoint answers for it, the one that the data directories are of.
  Replay(const Observation& observation, const std::string& cluster_id);

  /// Carries it out. Text: the rule that it breaks, and nothing is changed then.
  std::optional<std::string> apply(const Operation& operation);

  /// What a step's check has shown: who serves is live, where anything runs that could.
  void take(const Fact& check);

  [[nodiscard]] std::size_t voters() const;
  [[nodiscard]] std::size_t live_voters() const;
  [[nodiscard]] bool quorum() const;

  /// `voters node1 node2 (down); learners -; running node1; ...`: for who reads why a plan was refused.
  [[nodiscard]] std::string text() const;

 private:
  struct ReplayedMember {
    std::string id;  // empty: added here
    std::string name;
    std::set<std::string> peer_urls;
    bool learner = false;
    bool started = false;
    bool live = false;  // it serves, and knows a leader
  };
  struct ReplayedNode {
    bool answers = false;
    bool kubelet = false;
    std::string manifest_directory;
    std::string data_path;
    std::set<std::string> manifests;  // paths, of etcd's
    std::set<std::string> set_aside;  // folders that hold a member\'s data
    bool runs = false;                // or is started again and again
    bool has_data = false;
    bool other_data = false;  // another cluster's
    std::string data_member;  // whose data it holds, by ID, or by peer URL where it was added here
  };
  using Broken = std::optional<std::string>;

  void read_members(const Observation& observation, const std::string& cluster_id);
  void read_node(const NodeObservation& seen, const std::string& cluster_id);

  ReplayedMember* member_of(const std::string& identity);
  ReplayedMember* learner_at(const std::string& peer_url);
  [[nodiscard]] std::size_t live_without(const ReplayedMember& member) const;
  [[nodiscard]] bool has_learner() const;

  Broken put_file(const PutFile& put);
  Broken move_path(const MovePath& move);
  Broken move_entries(const MoveEntries& move);
  Broken run_command(const RunCommand& command) const;
  Broken add(const MemberAdd& add);
  Broken remove(const MemberRemove& remove);
  Broken promote(const MemberPromote& promote);
  Broken update(const MemberUpdate& update);
  Broken move_leader(const LeaderMove& move);
  Broken remove_containers(const RemoveContainers& remove);
  Broken start(const std::string& name, ReplayedNode& node, const StaticPod& pod);
  Broken start_fresh(const std::string& name, ReplayedNode& node, const std::set<std::string>& peer_urls);
  Broken start_again(const std::string& name, ReplayedNode& node);
  Broken stop(const std::string& name, ReplayedNode& node);

  std::vector<ReplayedMember> members_;
  bool knows_members_ = false;  // an endpoint has listed them
  std::map<std::string, ReplayedNode> nodes_;
};

}  // namespace quorate
