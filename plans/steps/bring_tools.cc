// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/restore.h"
#include "plans/restore_tool.h"
#include "plans/steps/steps.h"

namespace quorate {

// All of them: which one runs is said by the steps that run them, and a copy of data needs two.
absl::Status write_out(const BringTools& action, StepContext& context, Step& step) {
  std::vector<std::string> names;
  for (const WorkstationTool& tool : context.restore->tools()) names.push_back(tool.name() + " " + tool.version());
  step.set_title("bring " + join(names, ", ") + " to " + on_nodes(action.nodes()).substr(3));
  step.set_nodes_at_once(true);
  for (const std::string& node : action.nodes()) {
    for (const WorkstationTool& tool : context.restore->tools()) {
      const std::string path = restore_folder(facts_of(context, node), context.run_id) + "/tools/" + tool.name();
      PutSnapshot& put = *step.add_operations()->mutable_put_snapshot();
      put.set_node(node);
      put.set_source(tool.path());
      put.set_path(path);
      put.set_bytes(tool.bytes());
      put.set_sha256(tool.sha256());
      put.set_without_trailer(true);
      RunCommand& command = *step.add_operations()->mutable_run_command();
      command.set_node(node);
      for (const std::string& word : {std::string("chmod"), std::string("700"), std::string("--"), path})
        command.add_arguments(word);
    }
  }
  return absl::OkStatus();
}

}  // namespace quorate
