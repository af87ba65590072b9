// SPDX-License-Identifier: Apache-2.0
#include "plans/node_condition.h"

#include <algorithm>

#include "plans/authorities.h"
#include "plans/certificates.h"
#include "plans/control_plane.h"
#include "plans/log_causes.h"
#include "plans/lookup.h"

namespace quorate {
namespace {

// A fact that the node could not tell is not one of absence.
bool is_any_unknown(const NodeFacts& facts, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return reason_unknown(facts, name) != nullptr; });
}

bool is_data_unseen(const NodeFacts& facts) { return is_any_unknown(facts, {"data_directory", "data_directory.initialised"}); }

std::int64_t node_now(const NodeFacts& facts, std::int64_t now_seconds) {
  return now_seconds + facts.clock_skew_milliseconds() / 1000;
}

EtcdState etcd_state(const NodeObservation& node, const ClusterChoice& cluster, std::int64_t now_seconds) {
  if (node.endpoint().has_status()) {
    const EndpointStatus& status = node.endpoint().status();
    const bool another = !cluster.cluster_id.empty() && status.cluster_id() != cluster.cluster_id;
    const bool given_up = cluster.given_up.contains(status.cluster_id(), status.member_id());
    return another || given_up ? EtcdState::stray : EtcdState::serving;
  }
  if (!node.has_facts()) return EtcdState::unknown;
  const NodeFacts& facts = node.facts();
  // A container in the kubelet's back-off flaps between running and exited; what its log says decides, not the moment.
  const bool exited_before = std::any_of(facts.containers().begin(), facts.containers().end(),
                                         [](const Container& container) { return container.state() == "CONTAINER_EXITED"; });
  if (etcd_runs(facts)) {
    return exited_before && cause_in_log(etcd_log(facts, now_seconds)) ? EtcdState::failing : EtcdState::starting;
  }
  if (may_start_again(facts)) return EtcdState::starting;
  if (is_any_unknown(facts, {"containers", "processes"})) return EtcdState::unknown;
  const bool will_be_started = facts.manifests_size() > 0 && facts.kubelet().active_state() == "active";
  return will_be_started ? EtcdState::failing : EtcdState::stopped;
}

DataState data_of_listed_member(const NodeFacts& facts, const ClusterChoice& cluster, std::int64_t now_seconds) {
  const std::optional<LogFinding> found = cause_in_log(etcd_log(facts, now_seconds));
  if (!found) return DataState::own;
  if (found->cause == LogCause::log_out_of_range) return DataState::stale;
  if (found->cause == LogCause::damaged_wal) return DataState::damaged;
  // No list says so any more, but it was told.
  if (found->cause == LogCause::member_removed && cluster.members_from_data) return DataState::removed;
  return DataState::own;
}

// One that was removed while it was cut off does not know it: it answers, is not listed, and sees no leader.
DataState data_of_serving(const EndpointStatus& status, const ClusterChoice& cluster) {
  const bool listed = cluster.leader_id.empty() || find_member(cluster.members, status.member_id()) != nullptr;
  return listed || !status.leader_id().empty() ? DataState::own : DataState::removed;
}

DataState data_state(const NodeObservation& node, const ClusterChoice& cluster, EtcdState etcd, std::int64_t now_seconds) {
  if (etcd == EtcdState::serving) return data_of_serving(node.endpoint().status(), cluster);
  if (!node.has_facts() || !node.facts().has_data_directory()) return DataState::unknown;
  const DataDirectory& data = node.facts().data_directory();
  if (is_data_unseen(node.facts())) return DataState::unknown;
  if (!data.exists() || !data.initialised()) return DataState::none;
  if (!data.has_member_id() || !data.has_cluster_id()) {
    const std::optional<LogFinding> found = cause_in_log(etcd_log(node.facts(), now_seconds));
    return found && found->cause == LogCause::damaged_wal ? DataState::damaged : DataState::unknown;
  }
  if (cluster.given_up.contains(data.cluster_id(), data.member_id())) return DataState::foreign;
  if (cluster.cluster_id.empty()) return DataState::unknown;
  if (data.cluster_id() != cluster.cluster_id) return DataState::foreign;
  if (find_member(cluster.members, data.member_id()) == nullptr) return DataState::removed;
  return data_of_listed_member(node.facts(), cluster, now_seconds);
}

// A machine that was installed anew has a kubelet, and nothing to run it with before kubeadm has joined it.
bool lacks_configuration(const Kubelet& kubelet) {
  return std::any_of(kubelet.last_errors().begin(), kubelet.last_errors().end(),
                     [](const std::string& line) { return line.find("/var/lib/kubelet/config.yaml") != std::string::npos; });
}

bool kubelet_fails(const Kubelet& kubelet) {
  if (kubelet.active_state() == "active") return false;
  return kubelet.active_state() != "inactive" || lacks_configuration(kubelet);
}

ManifestState manifest_state(const NodeFacts& facts) {
  if (facts.manifests().empty()) return ManifestState::absent;
  if (facts.manifests_size() > 1) return ManifestState::several;
  return facts.manifests(0).problem().empty() ? ManifestState::present : ManifestState::unreadable;
}

Access access_of(const NodeObservation& node) {
  switch (node.ssh().state()) {
    case SshState::REACHABLE: return node.has_facts() ? Access::answers : Access::barred;
    case SshState::UNREACHABLE: return Access::silent;
    default: return Access::barred;
  }
}

// A data directory is wrong only where etcd's user is not root and cannot write it: one owned by `etcd` is left alone.
bool owner_is_wrong(const NodeFacts& facts, EtcdState etcd) {
  const std::optional<StaticPod> pod = current_pod(facts);
  if (!pod || !pod->run_as_user || *pod->run_as_user == 0 || etcd == EtcdState::serving) return false;
  const std::string user = std::to_string(*pod->run_as_user) + ":";
  const DataDirectory& data = facts.data_directory();
  const bool directory_wrong = data.exists() && data.owner().rfind(user, 0) != 0;
  const bool member_wrong = !data.member_owner().empty() && data.member_owner().rfind(user, 0) != 0;
  return directory_wrong || member_wrong;
}

// A log tells of the last attempt: a disk that was full then may have room by now.
bool is_over(const LogFinding& found, const NodeFacts& facts) {
  return found.cause == LogCause::no_space && facts.data_directory().free_bytes() >= log_bytes;
}

std::map<std::string, std::string> issuers_of(const NodeFacts& facts) {
  std::map<std::string, std::string> issuers;
  for (const std::string& name : certificates_there(facts)) {
    const Certificate* certificate = find_certificate(facts, name);
    if (certificate != nullptr && certificate->present()) issuers[name] = certificate->issuer();
  }
  return issuers;
}

bool keeps_wal_elsewhere(const NodeFacts& facts) {
  const auto says_so = [](const Manifest& manifest) {
    const absl::StatusOr<StaticPod> pod = read_static_pod(manifest.content());
    return pod.ok() && !pod->argument("wal-dir").value_or("").empty();
  };
  return std::any_of(facts.manifests().begin(), facts.manifests().end(), says_so) ||
         (facts.manifests().empty() && std::any_of(facts.spare_manifests().begin(), facts.spare_manifests().end(), says_so));
}

std::string tombstone_of(const NodeObservation& node, const ClusterChoice& cluster) {
  const EndpointStatus& status = node.endpoint().status();
  if (node.endpoint().has_status()) return cluster.given_up.tombstone_of(status.cluster_id(), status.member_id());
  const DataDirectory& data = node.facts().data_directory();
  return data.initialised() ? cluster.given_up.tombstone_of(data.cluster_id(), data.member_id()) : "";
}

// In etcd's words, from 3.4 on; what it says of that afterwards is a few lines.
bool has_been_told_to_end(const Container& container) {
  return std::any_of(container.log_tail().begin(), container.log_tail().end(),
                     [](const std::string& line) { return line.find("shutting down") != std::string::npos; });
}

}  // namespace

bool is_being_stopped(const NodeFacts& facts) {
  // Its process may be seen, and its container exited a moment later.
  const bool process_of_container =
      facts.processes_size() > 0 && (!facts.containers().empty() || is_any_unknown(facts, {"containers"}));
  return (container_runs(facts) || process_of_container || may_start_again(facts)) && facts.manifests().empty() &&
         !is_any_unknown(facts, {"manifests"}) && facts.kubelet().active_state() == "active";
}

bool is_begun_again(const NodeObservation& node, std::int64_t now_seconds) {
  constexpr std::int64_t a_moment_seconds = 10;
  const auto& containers = node.facts().containers();
  if (node.endpoint().has_status() || containers.empty() || containers[0].state() != "CONTAINER_RUNNING") return false;
  if (has_been_told_to_end(containers[0]) && !node.facts().manifests().empty()) return true;
  if (containers.size() < 2) return false;
  const std::int64_t age_seconds = node_now(node.facts(), now_seconds) - containers[0].created_at_seconds();
  // A look's time is its beginning, and what it sees may be younger.
  return age_seconds > -a_moment_seconds && age_seconds < a_moment_seconds;
}

std::vector<std::string> etcd_log(const NodeFacts& facts, std::int64_t now_seconds) {
  // One that has run for so long has outlived what ended the one before it, and may have been repaired since.
  constexpr std::int64_t settled_after_seconds = 60;
  const auto& containers = facts.containers();
  const bool newest_decides = !containers.empty() && containers[0].state() == "CONTAINER_RUNNING" &&
                              containers[0].created_at_seconds() + settled_after_seconds <= node_now(facts, now_seconds);
  std::vector<std::string> lines;
  for (int i = newest_decides ? 0 : containers.size() - 1; i >= 0; --i) {
    lines.insert(lines.end(), containers[i].log_tail().begin(), containers[i].log_tail().end());
  }
  return lines;
}

NodeSituation node_condition(const NodeObservation& node, const ClusterChoice& cluster, std::int64_t now_seconds) {
  NodeSituation condition;
  condition.name = node.name();
  condition.access = access_of(node);
  condition.etcd = etcd_state(node, cluster, now_seconds);
  condition.data = data_state(node, cluster, condition.etcd, now_seconds);
  condition.stray_has_peers = condition.etcd == EtcdState::stray && node.endpoint().member_list().members_size() > 1;
  condition.peer_port_open = node.endpoint().port_open() || node.endpoint().answers();
  condition.tombstone = tombstone_of(node, cluster);
  if (!node.has_facts()) return condition;
  const NodeFacts& facts = node.facts();
  condition.kubelet_active = facts.kubelet().active_state() == "active";
  condition.kubelet_fails = kubelet_fails(facts.kubelet());
  condition.manifest = manifest_state(facts);
  condition.certificates_unseen = is_any_unknown(facts, {"certificates"});
  condition.certificates_good = bad_certificates(facts, now_seconds).empty();
  condition.authority_present = find_authority(facts) != nullptr;
  condition.authority_key_present = condition.authority_present && facts.authority_key_present();
  condition.authorities = authority_names(facts);
  condition.next_authority = next_authority_of(facts);
  condition.authority_key_file = condition.authority_present && !find_authority(facts)->key_mode().empty();
  condition.issuers = issuers_of(facts);
  condition.data_owner_wrong = owner_is_wrong(facts, condition.etcd);
  condition.etcd_unseen = is_any_unknown(facts, {"containers", "ready_pods", "processes", "listeners"});
  condition.data_unseen = condition.etcd != EtcdState::serving && is_data_unseen(facts);
  condition.data_leftovers = facts.data_directory().exists() && !facts.data_directory().entries().empty();
  const std::optional<LogFinding> cause = cause_in_log(etcd_log(facts, now_seconds));
  condition.needs_person = condition.etcd == EtcdState::failing && cause && needs_person(cause->cause) && !is_over(*cause, facts);
  // Of the member whose data is there: an older container's log may tell of one before it.
  condition.store_differs = condition.etcd == EtcdState::failing && cause && cause->cause == LogCause::store_differs &&
                            names_member(cause->line, facts.data_directory().member_id());
  // Fresh data comes with the peers' image, and is no help for the other causes.
  condition.cause_stays = condition.needs_person && !condition.store_differs && cause->cause != LogCause::version_mismatch;
  condition.has_kubeadm = find_tool(facts, "kubeadm") != nullptr;
  condition.separate_wal = keeps_wal_elsewhere(facts);
  condition.spare_manifest = current_manifest(facts) != nullptr || !facts.spare_manifests().empty();
  condition.api_server = facts.api_server_manifest_present();
  condition.api_server_unready = condition.api_server && facts.has_api_server_ready() && !facts.api_server_ready();
  condition.control_plane =
      !placed_manifests(facts, true).empty() || !placed_manifests(facts, false).empty() || facts.control_plane_processes_size() > 0;
  condition.api_server_left_parked = !left_parked(facts, true).empty();
  condition.controllers_left_parked = !left_parked(facts, false).empty();
  return condition;
}

}  // namespace quorate
