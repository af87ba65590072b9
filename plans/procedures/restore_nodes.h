// SPDX-License-Identifier: Apache-2.0
// Private to the procedures that work on several nodes at once.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "plans/draft.h"

namespace quorate {

using Nodes = std::vector<const NodeSituation*>;
using Wanted = std::function<bool(const NodeSituation&)>;

inline Nodes nodes_named(const Situation& situation, const std::vector<std::string>& names) {
  Nodes nodes;
  for (const NodeSituation& node : situation.nodes) {
    if (std::find(names.begin(), names.end(), node.name) != names.end()) nodes.push_back(&node);
  }
  return nodes;
}

inline Nodes those(const Nodes& nodes, const Wanted& wanted) {
  Nodes chosen;
  std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(chosen), [&](const NodeSituation* node) { return wanted(*node); });
  return chosen;
}

inline bool any(const Nodes& nodes, const Wanted& wanted) { return !those(nodes, wanted).empty(); }

inline void name(const Nodes& nodes, google::protobuf::RepeatedPtrField<std::string>* names) {
  for (const NodeSituation* node : nodes) names->Add(std::string(node->name));
}

inline bool may_run(const NodeSituation& node) { return node.etcd != EtcdState::stopped || node.manifest != ManifestState::absent; }

}  // namespace quorate
