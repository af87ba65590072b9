// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"
#include "plans/procedures/restore_nodes.h"
#include "plans/restore.h"

namespace quorate {
namespace {

bool all_can_be_seen(Draft& draft, const Nodes& nodes) {
  const Nodes silent = those(nodes, [](const NodeSituation& node) { return node.access != Access::answers; });
  for (const NodeSituation* node : silent) {
    draft.refuse(node->name, "It is part of the restore, and does not answer.", "Bring it back, then abandon again.");
  }
  const Nodes unseen = those(
      nodes, [](const NodeSituation& node) { return node.access == Access::answers && (node.etcd_unseen || node.data_unseen); });
  for (const NodeSituation* node : unseen) {
    draft.refuse(node->name, "It is part of the restore, and what runs on it or what it holds cannot be seen.",
                 "See the finding fact-unknown, then abandon again.");
  }
  return silent.empty() && unseen.empty();
}

// Without any, etcd could begin a cluster of its own: where there was none before its manifest stays parked.
bool will_have_data(const NodeSituation& node) {
  return node.restore.aside || (!node.restore.in_place && node.data != DataState::none);
}

void start_control_plane_again(Draft& draft, const Nodes& nodes, bool api_servers) {
  const Nodes parked = those(nodes, [&](const NodeSituation& node) {
    return api_servers ? node.restore.api_server_parked : node.restore.controllers_parked;
  });
  if (parked.empty()) return;
  draft.add("As it was before.", [&](Step& step) {
    name(parked, step.mutable_start_control_plane()->mutable_nodes());
    step.mutable_start_control_plane()->set_api_servers(api_servers);
  });
}

}  // namespace

void undo_restore(Draft& draft) {
  const Nodes restored = nodes_named(draft.situation, restored_nodes(*draft.restore));
  Nodes all = restored;
  for (const NodeSituation* node : nodes_named(draft.situation, {draft.restore->others().begin(), draft.restore->others().end()})) {
    all.push_back(node);
  }
  if (has_let_clients_in(restored, all)) {
    draft.refuse("", "The restored cluster has taken clients, who must not be sent back in time.", "quorate resume");
    return;
  }
  if (!all_can_be_seen(draft, all)) return;
  const Nodes running = those(all, [](const NodeSituation& node) { return node.restore.in_place && may_run(node); });
  if (!running.empty()) {
    draft.add("The old cluster comes back, so the restored one must not run.", [&](Step& step) {
      name(running, step.mutable_stop_members()->mutable_nodes());
      step.mutable_stop_members()->set_undoes(true);
    });
  }
  const Nodes back = those(all, [](const NodeSituation& node) { return node.restore.in_place || node.restore.aside; });
  if (!back.empty()) {
    draft.add("The old data was kept for this; what was in force meanwhile is set aside.",
              [&](Step& step) { name(back, step.mutable_switch_back()->mutable_nodes()); });
  }
  const Nodes gave_up = those(all, [](const NodeSituation& node) { return node.restore.any_tombstone; });
  if (!gave_up.empty()) {
    draft.add("The old cluster is the cluster again.", [&](Step& step) {
      name(gave_up, step.mutable_give_up_cluster()->mutable_nodes());
      *step.mutable_give_up_cluster()->mutable_cluster_ids() = draft.restore->gives_up();
      step.mutable_give_up_cluster()->set_taken_back(true);
    });
  }
  const Nodes parked = those(all, [](const NodeSituation& node) { return node.restore.etcd_parked && will_have_data(node); });
  if (!parked.empty()) {
    draft.add("As it was before.", [&](Step& step) { name(parked, step.mutable_start_again()->mutable_nodes()); });
  }
  start_control_plane_again(draft, all, true);
  start_control_plane_again(draft, all, false);
  const Nodes with_folder = those(all, [](const NodeSituation& node) { return node.restore.folder; });
  if (with_folder.empty()) return;
  draft.add("What the restore brought is needed no more.",
            [&](Step& step) { name(with_folder, step.mutable_clear_restore()->mutable_nodes()); });
}

}  // namespace quorate
