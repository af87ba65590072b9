// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/lookup.h"
#include "plans/node_condition.h"
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

// kubeadm before 1.22, and who took its manifest over: /health wants a leader (etcd-facts 5.1).
bool ends_without_leader(const StaticPod& pod) {
  return pod.liveness_path.rfind("/health", 0) == 0 && pod.liveness_path.find("serializable=true") == std::string::npos;
}

// Its own address where it listens there, since that is what its certificate is sure to name.
std::string endpoint_of(const StaticPod& pod) {
  const std::vector<std::string> urls = split(pod.argument("listen-client-urls").value_or(""), ',');
  const auto is_local = [](const std::string& url) { return host_of_url(url) == "127.0.0.1"; };
  const auto local = std::find_if(urls.begin(), urls.end(), is_local);
  if (local != urls.end()) return *local;
  return urls.empty() ? "https://127.0.0.1:2379" : urls.front();
}

// A disk that is filled ends the etcd that is to be saved.
bool has_room(const StepContext& context, const std::string& node) {
  const DataDirectory& data = facts_of(context, node).data_directory();
  const std::uint64_t database = find_node(context.observation, node)->endpoint().status().database_bytes();
  return !data.has_free_bytes() || data.free_bytes() >= database + log_bytes;
}

void save_served(const SaveSnapshot& action, const StepContext& context, const Tool& etcdctl, Step& step) {
  const NodeFacts& facts = facts_of(context, action.node());
  const StaticPod pod = current_pod(facts).value_or(StaticPod{});
  SaveServed& save = *step.add_operations()->mutable_save_served();
  save.set_node(action.node());
  save.set_folder(set_aside_folder(facts, context.run_id) + "-survivor");
  *save.mutable_tool() = etcdctl;
  save.set_endpoint(endpoint_of(pod));
  save.set_pki_directory(facts.pki_directory());
  save.set_holds_kubelet(ends_without_leader(pod));
  fetch(action, save.folder() + "/saved.db", step);
  remove_paths(action.node(), "-rf", {save.folder()}, step);
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
  const std::optional<Tool> etcdctl = client_tool(facts_of(context, action.node()));
  if (action.on_node_first() && etcdctl && has_room(context, action.node())) {
    save_served(action, context, *etcdctl, step);
    return absl::OkStatus();
  }
  StreamSnapshot& stream = *step.add_operations()->mutable_stream_snapshot();
  stream.set_node(action.node());
  stream.set_path(action.path());
  return absl::OkStatus();
}

}  // namespace quorate
