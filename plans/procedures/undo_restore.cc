// SPDX-License-Identifier: Apache-2.0
#include "plans/procedures/procedures.h"
#include "plans/procedures/restore_nodes.h"
#include "plans/restore.h"

namespace quorate {
namespace {

bool is_silent(const NodeSituation& node) { return node.access == Access::silent; }

// Who saw the restored cluster must not see the old one again: from then on there is no way but forward. What a silent node did
// last nobody can say: its API server was not started before every node had given up the old cluster, the answering ones too; where
// there was none to give up, not before what they hold was in place.
bool may_have_let_clients_in(const Draft& draft, const Nodes& all) {
  const auto in_place = [](const NodeSituation& node) { return node.restore.in_place; };
  if (any(all, in_place) && any(all, [](const NodeSituation& node) { return node.restore.api_server_placed; })) return true;
  if (!any(all, is_silent)) return false;
  if (draft.restore->gives_up().empty()) return any(all, in_place);
  return any(all, [](const NodeSituation& node) { return node.restore.any_tombstone; });
}

// A node that is gone for good must not keep the run unfinished for ever.
void end_it(Draft& draft, const std::string& summary, const std::string& remedy) {
  draft.ending.push_back(make_finding(FindingKind::run_left, {.subject = "", .summary = summary, .remedy = remedy}));
}

constexpr char next_plan[] = "Then, with --lost for a node that is gone for good: quorate plan";

// The rest is a cluster like any other.
void end_with_restored(Draft& draft, const Nodes& all) {
  if (!any(all, is_silent) && (draft.unfinished == nullptr || !draft.unfinished->abandoning())) {
    draft.refuse("", "The restored cluster has taken clients, who must not be sent back in time.", "quorate resume");
    return;
  }
  end_it(draft, "The restored cluster may have taken clients, who must not be sent back in time: the run ends as it stands.",
         next_plan);
}

// They may serve what was restored without those that answer, or the cluster itself, under the ID that it had.
bool end_where_silent_could_serve(Draft& draft, const Nodes& restored) {
  const Nodes silent = those(restored, is_silent);
  if (!has_quorum(restored.size(), silent.size())) return false;
  end_it(draft,
         "Nodes that do not answer could serve what was restored without the others, so that nothing is brought back beside them: "
         "the run ends as it stands.",
         std::string("Power them off, or keep them from peers and clients. ") + next_plan);
  return true;
}

bool all_can_be_seen(Draft& draft, const Nodes& nodes) {
  const Nodes barred = those(nodes, [](const NodeSituation& node) { return node.access == Access::barred; });
  for (const NodeSituation* node : barred) {
    draft.refuse(node->name, "It is part of the restore, and cannot be worked on.",
                 "Put right what keeps quorate out, then abandon again.");
  }
  const Nodes unseen = those(
      nodes, [](const NodeSituation& node) { return node.access == Access::answers && (node.etcd_unseen || node.data_unseen); });
  for (const NodeSituation* node : unseen) {
    draft.refuse(node->name, "It is part of the restore, and what runs on it or what it holds cannot be seen.",
                 "See the finding fact-unknown, then abandon again.");
  }
  return barred.empty() && unseen.empty();
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
  if (may_have_let_clients_in(draft, all)) return end_with_restored(draft, all);
  if (!all_can_be_seen(draft, all)) return;
  // What was only tried was never in force.
  if (draft.restore->drill_node().empty() && end_where_silent_could_serve(draft, restored)) return;
  // No client can have come to what such a node holds of the restore, and it has no quorum there: once it is back that is another
  // cluster's data.
  std::erase_if(all, [](const NodeSituation* node) { return is_silent(*node); });
  // First: who finds them on some of the nodes alone does not know that nobody was let in.
  const Nodes gave_up = those(all, [](const NodeSituation& node) { return node.restore.any_tombstone; });
  if (!gave_up.empty()) {
    draft.add("The old cluster is the cluster again.", [&](Step& step) {
      name(gave_up, step.mutable_give_up_cluster()->mutable_nodes());
      *step.mutable_give_up_cluster()->mutable_cluster_ids() = draft.restore->gives_up();
      step.mutable_give_up_cluster()->set_taken_back(true);
    });
  }
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
