// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"
#include "plans/procedures/restore_nodes.h"

namespace quorate {

bool will_vote(const Draft& draft, const NodeSituation& node) {
  if (draft.promotes(node)) return true;
  const MemberSituation* member = node.member ? &draft.situation.members[*node.member] : nullptr;
  return member != nullptr && member->live && !member->learner && !draft.removes(*member);
}

void let_clients_in(Draft& draft, bool awaited) {
  const auto start = [&](bool api_servers, const std::string& why) {
    Nodes stopped;
    for (const NodeSituation& node : draft.situation.nodes) {
      const bool parked = api_servers ? node.api_server_left_parked : node.controllers_left_parked;
      const bool workable = node.access == Access::answers && node.kubelet_active;
      // With certificates that are to be renewed it need not get ready.
      if (node.renews_control_plane() && node.has_kubeadm) continue;
      if ((parked || (node.given_up() && node.control_plane)) && workable && will_vote(draft, node)) stopped.push_back(&node);
    }
    if (stopped.empty()) return;
    draft.add(why, [&](Step& step) {
      name(stopped, step.mutable_start_control_plane()->mutable_nodes());
      step.mutable_start_control_plane()->set_api_servers(api_servers);
      step.mutable_start_control_plane()->set_awaited(awaited);
    });
  };
  start(true, "Its etcd is the cluster's.");
  start(false, "They act on what the API servers say.");
}

}  // namespace quorate
