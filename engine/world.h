// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "providers/etcd/client.h"
#include "providers/node/node.h"
#include "schemas/observation.pb.h"

namespace quorate {

/// Everything outside that a run can see and touch. The live one is SSH and gRPC; the tests have one that is a model.
class World {
 public:
  virtual ~World() = default;

  /// Looks at every node and endpoint at once, within one deadline. What cannot be seen is an unknown in the observation.
  virtual Observation observe() = 0;

  /// The node of the spec, or null while it cannot be reached. From any thread; it stays usable (and fails) when its connection is
  /// given up meanwhile.
  virtual std::shared_ptr<node::Node> node(const std::string& name) = 0;

  /// etcd's API on that node, or null while it cannot be reached. Valid until the next observe().
  virtual etcd::Client* client(const std::string& node) = 0;
};

}  // namespace quorate
