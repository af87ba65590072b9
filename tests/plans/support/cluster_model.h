// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "schemas/plan.pb.h"
#include "tests/plans/support/scripted_cluster.h"
#include "tests/support/membership.h"

namespace quorate {

/// What the model throws where something must not be.
[[noreturn]] void forbidden(const std::string& what);

/// What etcd, the kubelet and the nodes make of a plan. It reads operations, never a step's kind, so that it shares nothing with
/// the planner. It throws where etcd or the rules of safety would not have it: see cluster_model.cc, membership_model.cc,
/// authority_model.cc for etcd's CAs, and restored_model.cc for a restore, which makes a second cluster, or one that goes on as one
/// member of itself.
class ClusterModel {
 public:
  explicit ClusterModel(ScriptedCluster cluster);

  void apply(const Step& step);
  void apply(const Operation& operation);
  /// Gives what starts its time.
  void settle();

  /// Equal for states from which the same follows.
  [[nodiscard]] std::string identity() const;

  /// Its members, by etcd's rules.
  [[nodiscard]] test::Membership membership() const;
  [[nodiscard]] const ScriptedCluster& cluster() const { return cluster_; }
  ScriptedCluster& cluster() { return cluster_; }

 private:
  void compare_quotas(const std::string& before, const std::string& after, const ScriptedNode& node);
  void put_file(const PutFile& put);
  void move_path(const MovePath& move);
  void park_or_place(const MovePath& move, ScriptedNode& node);
  void move_entries(const MoveEntries& move);
  void disarm(const std::string& alarm);
  void issue(const IssueCertificate& certificate);
  void copy_authority(const CopyAuthority& copy);
  std::string authority_of_signer(const std::string& signer);
  void renew_by_kubeadm(const std::string& name, ScriptedNode& node);
  ScriptedNode& touched(const std::string& node);
  void invite(const std::string& from);
  void kubeadm_join(const KubeadmJoin& join);
  void run_command(const RunCommand& run);
  void remove_folders(const RunCommand& remove, ScriptedNode& node);
  void start(ScriptedNode& node);
  ScriptedNode& serving(const std::string& node);
  void serve_where_quorum();

  // Of the membership: membership_model.cc.
  void member_add(const MemberAdd& add);
  void member_remove(const MemberRemove& remove);
  void member_promote(const MemberPromote& promote);
  void member_update(const MemberUpdate& update);
  void leader_move(const LeaderMove& move);
  void forbid_copy_of_doubtful_store() const;
  [[nodiscard]] std::string unused_id(const std::string& peer_url) const;
  [[nodiscard]] bool runs(const ScriptedMember& member) const;

  // Of etcd's CAs: authority_model.cc.
  void make_authority(const MakeAuthority& make);
  void write_authorities(const WriteAuthorities& write);
  void read_authorities();
  void forbid_strangers();

  // Of a restore: restored_model.cc.
  void know_cluster(const Intent::Restore& restore);
  void put_snapshot(const PutSnapshot& put);
  void restore_snapshot(const RestoreSnapshot& restore);
  bool move_data(const MovePath& move, ScriptedNode& node);
  void set_aside(const std::string& path, ScriptedNode& node);
  bool put_back(const MoveEntries& move, ScriptedNode& node);
  void force_alone(const ForceAlone& force);
  void check_store(const CheckStore& check);
  [[nodiscard]] bool is_of_another(const ScriptedNode& node) const;
  void enter_cluster(const ScriptedNode& node);
  void leave_cluster();
  void let_clients_in(const ScriptedNode& node) const;
  static SetAside& folder_at(const std::string& path, ScriptedNode& node);

  ScriptedCluster cluster_;
  bool compacted_ = false;
  std::set<std::string> served_at_first_;  // what comes up later raises its alarm by itself
  std::set<std::string> let_in_at_first_;  // nodes whose API server there was, whatever it served
  std::set<std::string> defragmented_;
  std::set<std::string> enlarged_;                                  // whose quota is larger than it was, and than its database
  std::map<std::string, std::vector<ScriptedMember>> clusters_;     // that were, or will be, by ID
  std::map<std::string, ScriptedData> set_aside_;                   // by node and folder
  std::map<std::string, ScriptedData> beside_;                      // restored, by node
  std::map<std::string, std::set<std::string>> api_server_trusts_;  // the CAs that each has read at its start, by node
  bool alone_ = false;          // the cluster goes on as one of its members, and who joined since
  bool store_checked_ = false;  // of the restored cluster
};

}  // namespace quorate
