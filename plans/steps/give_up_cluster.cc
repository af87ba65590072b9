// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

std::string tombstone_path(const std::string& cluster_id) { return "/var/lib/quorate/tombstones/" + cluster_id; }

}  // namespace

void put_tombstone(const std::string& node, const std::string& cluster_id, const std::string& reason, Step& step) {
  PutFile& put = *step.add_operations()->mutable_put_file();
  put.set_node(node);
  put.set_path(tombstone_path(cluster_id));
  put.set_content(reason + "\n");
  put.set_owner("0:0");
  put.set_mode("600");
}

absl::Status write_out(const GiveUpCluster& action, StepContext& context, Step& step) {
  const std::vector<std::string> ids(action.cluster_ids().begin(), action.cluster_ids().end());
  std::vector<std::string> texts;
  for (const std::string& id : ids) texts.push_back(given_up_text(id));
  step.set_title(std::string(action.taken_back() ? "take back that " : "write down that ") + join(texts, ", ") +
                 (ids.size() == 1 ? " is" : " are") + " given up, " + on_nodes(action.nodes()));
  step.set_nodes_at_once(true);
  step.set_check_seconds(10);
  for (const std::string& node : action.nodes()) {
    for (const std::string& id : ids) {
      if (action.taken_back()) {
        remove_paths(node, "-f", {tombstone_path(id)}, step);
        continue;
      }
      put_tombstone(node, id, given_up_by(context.run_id), step);
      Fact::ClusterGivenUp& given_up = *step.add_checks()->mutable_cluster_given_up();
      given_up.set_node(node);
      given_up.set_cluster_id(id);
    }
  }
  return absl::OkStatus();
}

}  // namespace quorate
