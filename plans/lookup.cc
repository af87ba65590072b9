// SPDX-License-Identifier: Apache-2.0
#include "plans/lookup.h"

#include <algorithm>

namespace quorate {

const NodeObservation* find_node(const Observation& observation, const std::string& name) {
  for (const NodeObservation& node : observation.nodes()) {
    if (node.name() == name) return &node;
  }
  return nullptr;
}

const MemberSpec* find_member_spec(const Spec& spec, const std::string& name) {
  for (const MemberSpec& member : spec.spec().members()) {
    if (member.name() == name) return &member;
  }
  return nullptr;
}

const Member* find_member(const MemberList& list, const std::string& id) {
  for (const Member& member : list.members()) {
    if (member.id() == id) return &member;
  }
  return nullptr;
}

std::uint64_t newest_index(const Observation& observation, const std::string& cluster_id) {
  std::uint64_t newest = 0;
  for (const NodeObservation& node : observation.nodes()) {
    const EndpointStatus& status = node.endpoint().status();
    if (status.cluster_id() == cluster_id) newest = std::max<std::uint64_t>(newest, status.raft_index());
  }
  return newest;
}

bool is_endpoint_of(const Member& member, const EtcdEndpoint& endpoint) {
  if (endpoint.has_status()) return endpoint.status().member_id() == member.id();
  const auto has = [&](const auto& urls) { return std::find(urls.begin(), urls.end(), endpoint.url()) != urls.end(); };
  return has(member.client_urls()) || has(member.peer_urls());
}

bool answers_at_all(const EtcdEndpoint& endpoint) { return endpoint.answers() || endpoint.port_open(); }

bool container_runs(const NodeFacts& facts) {
  return std::any_of(facts.containers().begin(), facts.containers().end(),
                     [](const Container& container) { return container.state() == "CONTAINER_RUNNING"; });
}

bool etcd_runs(const NodeFacts& facts) { return container_runs(facts) || facts.processes_size() > 0; }

bool may_start_again(const NodeFacts& facts) {
  return !facts.ready_pods().empty() && facts.manifests().empty() && facts.kubelet().active_state() == "active";
}

const Tool* find_tool(const NodeFacts& facts, const std::string& name) {
  const auto found = std::find_if(facts.tools().begin(), facts.tools().end(),
                                  [&](const Tool& tool) { return tool.name() == name && tool.place() == Tool::HOST; });
  return found == facts.tools().end() ? nullptr : &*found;
}

const std::string* reason_unknown(const NodeFacts& facts, const std::string& fact) {
  const std::string of_data = "data_directory.";
  const bool inside = fact.rfind(of_data, 0) == 0;
  const std::string name = inside ? fact.substr(of_data.size()) : fact;
  for (const Unknown& unknown : inside ? facts.data_directory().unknowns() : facts.unknowns()) {
    if (unknown.fact() == name) return &unknown.reason();
  }
  return nullptr;
}

std::string manifest_path(const NodeFacts& facts) { return facts.manifest_directory() + "/etcd.yaml"; }

const Manifest* current_manifest(const NodeFacts& facts) {
  const std::string usual = manifest_path(facts);
  const Manifest* readable = nullptr;
  int count = 0;
  for (const Manifest& manifest : facts.manifests()) {
    if (!manifest.problem().empty()) continue;
    if (manifest.path() == usual) return &manifest;
    readable = &manifest;
    ++count;
  }
  return count == 1 ? readable : nullptr;
}

std::optional<StaticPod> current_pod(const NodeFacts& facts) {
  const Manifest* manifest = current_manifest(facts);
  if (manifest == nullptr) return std::nullopt;
  absl::StatusOr<StaticPod> pod = read_static_pod(manifest->content());
  if (!pod.ok()) return std::nullopt;
  return *std::move(pod);
}

const Manifest* newest_spare(const NodeFacts& facts, const std::function<bool(const StaticPod&)>& wanted) {
  // The newest comes last.
  for (auto spare = facts.spare_manifests().rbegin(); spare != facts.spare_manifests().rend(); ++spare) {
    const absl::StatusOr<StaticPod> pod = read_static_pod(spare->content());
    if (pod.ok() && wanted(*pod)) return &*spare;
  }
  return nullptr;
}

const Manifest* newest_spare(const NodeFacts& facts) {
  return newest_spare(facts, [](const StaticPod&) { return true; });
}

std::string manifest_before_path(const std::string& run_id) { return "/var/lib/quorate/" + run_id + "/before-etcd.yaml"; }

const Manifest* manifest_of_before(const NodeFacts& facts, const std::string& run_id) {
  const std::string path = manifest_before_path(run_id);
  for (const Manifest& manifest : facts.spare_manifests()) {
    if (manifest.path() == path && manifest.problem().empty()) return &manifest;
  }
  return nullptr;
}

std::string host_of_url(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return "";
  std::string rest = url.substr(scheme + 3);
  if (!rest.empty() && rest.front() == '[') return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.find(':'));
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string join(const std::vector<std::string>& parts, const std::string& separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

std::string listed(const std::vector<std::string>& names) {
  if (names.size() < 2) return join(names, "");
  return join({names.begin(), names.end() - 1}, ", ") + " and " + names.back();
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string given_up_member(const std::string& cluster_id, const std::string& member_id) { return cluster_id + "-" + member_id; }

std::string given_up_text(const std::string& tombstone) {
  const std::size_t member = tombstone.find('-');
  const std::string cluster = "cluster " + tombstone.substr(0, member);
  return member == std::string::npos ? cluster : "member " + tombstone.substr(member + 1) + " of " + cluster;
}

bool has_tombstone(const NodeFacts& facts, const std::string& given_up) {
  return std::any_of(facts.tombstones().begin(), facts.tombstones().end(),
                     [&](const Tombstone& tombstone) { return tombstone.cluster_id() == given_up; });
}

std::string run_of_lease(const std::string& lease_id) { return lease_id.substr(0, lease_id.find('-')); }

std::string begun_as(const RunRecord& record) { return record.begun_as().empty() ? record.run_id() : record.begun_as(); }

bool has_ended(const Observation& observation, const RunRecord& record) {
  constexpr std::int64_t slack_seconds = 60;
  // The one that takes such records away: see take_ended_records_away.
  if (run_of_lease(record.run_id()) == ended_records) return true;
  return std::any_of(observation.nodes().begin(), observation.nodes().end(), [&](const NodeObservation& node) {
    const auto& ended = node.facts().ended_runs();
    return std::any_of(ended.begin(), ended.end(), [&](const EndedRun& run) {
      return run.begun_as() == begun_as(record) && run.age_seconds() <= record.lease_age_seconds() + slack_seconds;
    });
  });
}

std::string given_up_by(const std::string& run_id) { return "given up by run " + run_id; }

bool is_taken_back(const Observation& observation, const Tombstone& tombstone) {
  return std::any_of(observation.nodes().begin(), observation.nodes().end(), [&](const NodeObservation& node) {
    const auto& ended = node.facts().ended_runs();
    return std::any_of(ended.begin(), ended.end(), [&](const EndedRun& run) {
      return run.undone() && tombstone.reason() == given_up_by(run_of_lease(run.begun_as()));
    });
  });
}

GivenUp::GivenUp(const Observation& observation) {
  for (const NodeObservation& node : observation.nodes()) {
    for (const Tombstone& tombstone : node.facts().tombstones()) {
      if (!is_taken_back(observation, tombstone)) names_.insert(tombstone.cluster_id());
    }
  }
}

std::string GivenUp::tombstone_of(const std::string& cluster_id, const std::string& member_id) const {
  if (contains_cluster(cluster_id)) return cluster_id;
  const std::string member = given_up_member(cluster_id, member_id);
  return names_.contains(member) ? member : "";
}

}  // namespace quorate
