// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/restore.h"
#include "plans/restore_tool.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

// As before: kubeadm's etcd runs as root, or as a user of its own (RootlessControlPlane).
std::string owner_of_data(const DataDirectory& data) {
  if (!data.member_owner().empty()) return data.member_owner();
  return data.exists() && !data.owner().empty() ? data.owner() : "0:0";
}

}  // namespace

// The trial: nothing was stopped yet, and what is restored is beside the data.
absl::Status write_out(const RestoreBeside& action, StepContext& context, Step& step) {
  const Intent::Restore& wish = *context.restore;
  step.set_title("restore the snapshot beside the data " + on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    const NodeFacts& facts = facts_of(context, node);
    const std::optional<Tool> tool = restore_tool(facts, wish, node);
    if (!tool) return precondition("nothing to restore with is on " + node + ": neither etcdutl nor etcdctl (3.4, 3.5)");
    const std::string folder = restore_folder(facts, context.run_id);
    RestoreSnapshot& restore = *step.add_operations()->mutable_restore_snapshot();
    restore.set_node(node);
    restore.set_snapshot(folder + "/snapshot.db");
    restore.set_folder(folder + "/new");
    *restore.mutable_tool() = on_node(*tool, facts, context.run_id);
    restore.set_name(node);
    restore.set_initial_cluster(wish.initial_cluster());
    restore.set_token(wish.token());
    restore.set_peer_url(restored_peer_urls(wish, node));
    restore.set_bump(wish.bump());
    restore.set_skip_hash_check(wish.without_trailer());
    restore.set_owner(owner_of_data(facts.data_directory()));
    Fact::SnapshotPresent& present = *step.add_guards()->mutable_snapshot_present();
    present.set_node(node);
    present.set_sha256(wish.sha256());
    present.set_folder(folder);
    Fact::RestoredPresent& restored = *step.add_checks()->mutable_restored_present();
    restored.set_node(node);
    restored.set_folder(folder);
  }
  step.set_check_seconds(10);
  return absl::OkStatus();
}

}  // namespace quorate
