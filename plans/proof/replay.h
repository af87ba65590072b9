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
/// removed members) and the kubelet's; and, where the plan restores, the cluster that takes its place. Begun with what an
/// observation shows; it shares readers of the records with what makes the plans, and no decision. What an operation sets going has
/// come about when the next one is applied: each step waits for its checks.
class Replay {
 public:
  /// The cluster is the plan's; where no endpoint answers for it, the one that the data directories are of.
  Replay(const Observation& observation, const Plan& plan);

  /// The operations from here on are this step's: what it says of writes, and of nodes that act at once, counts for them.
  void begin(const Step& step);

  /// Carries it out. Text: the rule that it breaks, and nothing is changed then.
  std::optional<std::string> apply(const Operation& operation);

  /// What a step's check has shown: who serves is live, where anything runs that could.
  void take(const Fact& check);

  [[nodiscard]] std::size_t voters() const;
  [[nodiscard]] std::size_t live_voters() const;
  [[nodiscard]] bool quorum() const;
  /// Where writes wait for a later step.
  [[nodiscard]] bool lacks_quorum() const { return had_quorum_ && !quorum() && !restore_; }
  /// Whether writes had to wait since the step began: the quorum went, or who led it. A restore cuts clients off by a step of its
  /// own.
  [[nodiscard]] bool writes_stopped() const { return writes_stopped_ && !restore_; }
  /// Whether etcd refuses them because of an alarm.
  [[nodiscard]] bool has_alarm() const { return !alarms_.empty() && !restore_; }

  /// Whether the members are those that the plan speaks of: before the restored cluster starts they are the old one's.
  [[nodiscard]] bool is_of_planned_members() const { return !restore_ || abandons_ || restored_started_; }

  /// The rule that is broken by ending here, if any.
  [[nodiscard]] std::optional<std::string> end() const;

  /// `voters node1 node2 (down); learners none; etcd runs on node1`: for who reads why a plan was refused.
  [[nodiscard]] std::string text() const;

 private:
  struct ReplayedMember {
    std::string id;  // empty: added here
    std::string name;
    std::set<std::string> peer_urls;
    bool learner = false;
    bool started = false;
    bool live = false;     // it serves, and knows a leader
    bool in_sync = false;  // a learner, by a step's check
    // Of its store, where it was asked for; that of what is added here is its leader's.
    HashOfStore store = {};
  };
  struct ReplayedNode {
    bool answers = false;
    bool kubelet = false;
    std::string manifest_directory;
    std::string data_path;
    std::set<std::string> manifests;               // paths, of etcd's
    std::set<std::string> forcing;                 // paths of manifests, in force or put aside, with --force-new-cluster
    std::map<std::string, std::string> set_aside;  // folders that hold a member's data; whose, as data_member, where that is known
    bool runs = false;                             // or is started again and again
    bool has_data = false;
    bool occupied = false;       // the data directory is not empty, whether a member's data is in it or not
    bool other_data = false;     // another cluster's
    bool restored_data = false;  // the restored cluster's
    std::string data_member;     // whose data it holds, by ID, or by peer URL where it was added here
    bool api_server = false;     // its manifest is where the kubelet runs it
    bool api_server_at_first = false;
    std::set<std::string> authorities;           // of ca.crt, by their common names
    std::string signs_with;                      // the first of them
    std::set<std::string> trusts;                // as its etcd was started
    std::set<std::string> api_server_trusts;     // so, its API server
    std::map<std::string, std::string> issuers;  // of what they show, by path
    bool snapshot = false;                       // the one that is restored lies beside the data, verified
    bool beside = false;                         // restored, beside the data: etcd's tool has opened and proven all of it
  };
  using Broken = std::optional<std::string>;

  void read_members(const Observation& observation, const std::string& cluster_id);
  void read_alarms(const Observation& observation, const std::string& cluster_id);
  void read_intents(const Plan& plan);
  void read_node(const NodeObservation& seen, const Plan& plan);
  void read_data(const NodeFacts& facts, const Plan& plan, ReplayedNode& node) const;
  Broken write(const Operation& operation);
  Broken apply_by_rules(const Operation& operation);
  Broken carry_out(const Operation& operation);
  [[nodiscard]] bool may_do_without_quorum() const;
  void lose_leader();
  Broken disarm(const std::string& alarm);
  [[nodiscard]] bool stores_differ() const;

  // Of CAs: replay_authorities.cc.
  static void read_authorities(const NodeObservation& seen, ReplayedNode& node);
  Broken write_authorities(const WriteAuthorities& write);
  Broken issue(const IssueCertificate& certificate);
  [[nodiscard]] const std::string& signs_with(const std::string& signer) const;
  Broken copy_authority(const CopyAuthority& copy);
  void read_at_start(const std::map<std::string, ReplayedNode>& before);
  [[nodiscard]] Broken stranger() const;

  // Of the membership: replay_members.cc.
  Broken add(const MemberAdd& add);
  Broken remove(const MemberRemove& remove);
  Broken promote(const MemberPromote& promote);
  Broken update(const MemberUpdate& update);
  Broken move_leader(const LeaderMove& move);
  ReplayedMember* member_of(const std::string& identity);
  ReplayedMember* learner_at(const std::string& peer_url);
  [[nodiscard]] std::size_t live_without(const ReplayedMember& member) const;
  [[nodiscard]] bool has_learner() const;

  // Of files, data and what runs: replay_nodes.cc.
  Broken put_file(const PutFile& put);
  Broken move_path(const MovePath& move);
  Broken move_entries(const MoveEntries& move);
  Broken set_aside(const MoveEntries& move, ReplayedNode& node);
  Broken put_back(const MoveEntries& move, ReplayedNode& node);
  static void take_data_away(ReplayedNode& node);
  Broken run_command(const RunCommand& command) const;
  Broken remove_containers(const RemoveContainers& remove);
  Broken kubeadm_join(const KubeadmJoin& join);
  Broken start(const std::string& name, ReplayedNode& node, const StaticPod& pod);
  Broken start_data(const std::string& name, ReplayedNode& node);
  Broken start_fresh(const std::string& name, ReplayedNode& node, const std::set<std::string>& peer_urls);
  Broken start_again(const std::string& name, ReplayedNode& node);
  Broken stop(const std::string& name, ReplayedNode& node);
  [[nodiscard]] std::string also_runs_on(const ReplayedNode& node) const;
  Broken start_api_server(const std::string& name, ReplayedNode& node);
  Broken stop_api_server(ReplayedNode& node);

  // Of a restore: replay_restore.cc.
  void read_restored(const Observation& observation, const std::string& restored_cluster_id);
  [[nodiscard]] Broken save(const std::string& name) const;
  [[nodiscard]] Broken copy_data(const std::string& name) const;
  Broken put_snapshot(const PutSnapshot& put);
  Broken restore_beside(const RestoreSnapshot& restore);
  [[nodiscard]] Broken serve_restored(const ServeRestored& serve) const;
  Broken force_alone(const ForceAlone& force);
  Broken move_in(const std::string& name, ReplayedNode& node);
  Broken move_out(const MovePath& move, ReplayedNode& node);
  Broken start_restored(const std::string& name, ReplayedNode& node);
  Broken start_as_it_was(const std::string& name, ReplayedNode& node);
  void serve_where_enough_started();
  Broken check_store(const CheckStore& check);
  [[nodiscard]] Broken give_up() const;
  void begin_restored_cluster();
  void forget_members();
  [[nodiscard]] bool keeps() const;
  [[nodiscard]] bool may_end_cluster() const;
  [[nodiscard]] bool is_given_up(const std::string& node) const;
  [[nodiscard]] bool comes_back(const std::string& cluster_id) const;
  [[nodiscard]] std::string restored_identity(const std::string& node) const;

  std::vector<ReplayedMember> members_;
  bool knows_members_ = false;  // an endpoint has listed them
  std::map<std::string, ReplayedNode> nodes_;
  std::string workstation_signs_with_;  // the workstation's CA

  std::optional<Intent::Restore> restore_;  // of the plan
  std::string work_folder_;                 // behind the data directory's path: where the restore works
  std::set<std::string> alarms_;            // that are on
  std::set<std::string> lost_;              // nodes and member IDs, as a person gave them up
  std::string leader_id_;                   // empty: nobody knows any more
  std::int64_t highest_revision_ = 0;       // that anybody serves
  bool says_writes_stop_ = false;           // the step in hand
  bool nodes_at_once_ = false;              // so
  bool writes_stopped_ = false;
  bool had_quorum_ = false;
  bool abandons_ = false;
  bool rotates_ = false;           // etcd's CA
  bool restored_started_ = false;  // the members are the restored cluster's
  bool store_checked_ = false;     // what it serves was compared with what was promised
  bool leases_dropped_ = false;    // those of API servers of before
  bool clients_let_in_ = false;    // an API server serves the restored cluster
};

}  // namespace quorate
