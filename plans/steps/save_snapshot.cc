// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"
#include "plans/restore.h"
#include "plans/restore_tool.h"
#include "plans/steps/steps.h"

namespace quorate {
namespace {

void fetch(const SaveSnapshot& action, const std::string& path, Step& step) {
  FetchSnapshot& fetch = *step.add_operations()->mutable_fetch_snapshot();
  fetch.set_node(action.node());
  fetch.set_path(path);
  fetch.set_target(action.path());
  fetch.set_without_trailer(action.method() == Intent::Restore::DATABASE);
}

absl::Status snapshot_data(const SaveSnapshot& action, const StepContext& context, Step& step) {
  const NodeFacts& facts = facts_of(context, action.node());
  const std::optional<Tool> etcd = etcd_program(facts, *context.restore);
  if (!etcd) return precondition("etcd cannot be run on " + action.node() + ", so a copy of its data cannot be served");
  SnapshotData& data = *step.add_operations()->mutable_snapshot_data();
  data.set_node(action.node());
  data.set_data_directory(facts.data_directory().path());
  data.set_folder(restore_folder(facts, context.run_id));
  *data.mutable_tool() = on_node(*etcd, facts, context.run_id);
  data.set_name(action.node());
  fetch(action, data.folder() + "/saved.db", step);
  return absl::OkStatus();
}

}  // namespace

absl::Status write_out(const SaveSnapshot& action, StepContext& context, Step& step) {
  const std::string here = ", as a snapshot on this workstation";
  if (action.method() == Intent::Restore::DATA_DIRECTORY) {
    step.set_title("save what the data of " + action.node() + " holds, served once from a copy" + here);
    step.add_guards()->mutable_etcd_stopped()->set_node(action.node());
    return snapshot_data(action, context, step);
  }
  if (action.method() == Intent::Restore::DATABASE) {
    step.set_title("save the database file of " + action.node() + here);
    step.add_guards()->mutable_etcd_stopped()->set_node(action.node());
    fetch(action, facts_of(context, action.node()).data_directory().path() + "/member/snap/db", step);
    return absl::OkStatus();
  }
  step.set_title("save what etcd on " + action.node() + " has" + here);
  StreamSnapshot& stream = *step.add_operations()->mutable_stream_snapshot();
  stream.set_node(action.node());
  stream.set_path(action.path());
  return absl::OkStatus();
}

}  // namespace quorate
