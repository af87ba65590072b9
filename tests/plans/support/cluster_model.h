// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "schemas/plan.pb.h"
#include "tests/plans/support/scripted_cluster.h"

namespace quorate {

/// What etcd, the kubelet and the nodes make of a plan whose every operation succeeds. It reads operations, never a
/// step's kind, so that it shares nothing with the planner. It throws where etcd or the rules of safety would not have
/// it: see cluster_model.cc.
class ClusterModel {
 public:
  explicit ClusterModel(ScriptedCluster cluster);

  void apply(const Step& step);
  [[nodiscard]] const ScriptedCluster& cluster() const { return cluster_; }
  ScriptedCluster& cluster() { return cluster_; }

 private:
  void apply(const Operation& operation);
  void put_file(const PutFile& put);
  void move_path(const MovePath& move);
  void park_or_place(const MovePath& move, ScriptedNode& node);
  void move_entries(const MoveEntries& move);
  void member_add(const MemberAdd& add);
  void member_remove(const MemberRemove& remove);
  void member_promote(const MemberPromote& promote);
  void member_update(const MemberUpdate& update);
  void disarm(const std::string& alarm);
  void issue(const IssueCertificate& certificate);
  void settle();
  ScriptedNode& touched(const std::string& node);

  ScriptedCluster cluster_;
  unsigned added_ = 0;
  bool compacted_ = false;
  std::set<std::string> served_at_first_;  // what comes up later raises its alarm by itself
  std::set<std::string> defragmented_;
};

}  // namespace quorate
