// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/world.h"
#include "tests/plans/support/cluster_model.h"

namespace quorate::test {

/// The engine's process ends, as by SIGKILL: thrown out of the call in which it does.
struct Died {};

/// The model of a cluster as a World: what the engine asks of nodes and of etcd are operations on the model, and what the model
/// forbids is kept to be told. It can have the engine die at a change, before that is carried out or once it is.
class ModelWorld : public World {
 public:
  explicit ModelWorld(ScriptedCluster cluster);
  ~ModelWorld() override;

  Observation observe() override;
  std::shared_ptr<node::Node> node(const std::string& name) override;
  etcd::Client* client(const std::string& node) override;

  /// At the `change`th change from now, counted from 1; 0: never. Leases are changes too.
  void die_at(unsigned change, bool after);
  [[nodiscard]] unsigned changes() const;
  /// What was asked for that must not be; empty: nothing was.
  [[nodiscard]] std::string forbidden() const;
  [[nodiscard]] ScriptedCluster cluster() const;

 private:
  class ModelNode;
  class ModelClient;

  Outcome change(const std::function<void(ClusterModel&)>& act);
  Outcome change(const std::string& run_id, const std::string& node, const Operation& operation);

  mutable std::recursive_mutex mutex_;
  ClusterModel model_;
  unsigned changes_ = 0;
  unsigned die_at_ = 0;
  bool die_after_ = false;
  bool dead_ = false;
  std::string forbidden_;
  std::map<std::string, std::shared_ptr<ModelNode>> nodes_;
  std::map<std::string, std::unique_ptr<ModelClient>> clients_;
};

}  // namespace quorate::test
