// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"
#include "plans/procedures/restore_nodes.h"

namespace quorate {
namespace {

bool can_be_stopped(Draft& draft, const NodeSituation& node) {
  if (node.access != Access::answers) return false;
  if (node.kubelet_active && !node.etcd_unseen && !node.data_unseen && !node.separate_wal) return true;
  draft.refuse(node.name, "It is back with a cluster that was given up, and cannot be stopped by quorate.",
               "Power it off, or keep it from clients and peers (load balancer, firewall); then see its other findings.");
  return false;
}

}  // namespace

void fence(Draft& draft) {
  Nodes back;
  for (const NodeSituation& node : draft.situation.nodes) {
    if (node.given_up() && can_be_stopped(draft, node)) back.push_back(&node);
  }
  const Nodes with_control_plane = those(back, [](const NodeSituation& node) { return node.control_plane; });
  if (!with_control_plane.empty()) {
    draft.add("It would serve clients what was given up.", [&](Step& step) {
      name(with_control_plane, step.mutable_stop_control_plane()->mutable_nodes());
      step.mutable_stop_control_plane()->set_fences(true);
    });
  }
  const Nodes running = those(back, may_run);
  if (!running.empty()) {
    draft.add("Two sets of members must never both take themselves for the cluster.",
              [&](Step& step) { name(running, step.mutable_stop_members()->mutable_nodes()); });
  }
  for (const NodeSituation* node : back) {
    draft.add("What was given up is kept, out of force.", [&](Step& step) { step.mutable_set_aside_data()->set_node(node->name); });
  }
}

}  // namespace quorate
