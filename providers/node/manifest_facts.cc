// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "providers/node/facts.h"
#include "providers/node/probe_parser.h"
#include "providers/node/text.h"
#include "schemas/digest.h"
#include "schemas/static_pod.h"

namespace quorate::node {
namespace {

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Manifest describe_file(const FileFrame& file) {
  Manifest manifest;
  manifest.set_path(to_utf8(file.path));
  manifest.set_owner(file.owner);
  manifest.set_mode(file.mode);
  if (file.state == FileFrame::State::read) manifest.set_sha256(sha256_hex(file.content.expose()));
  return manifest;
}

bool is_api_server(const FileFrame& file, const absl::StatusOr<StaticPod>& pod) {
  if (name_of(file.path) == "kube-apiserver.yaml") return true;
  return pod.ok() && !pod->command.empty() && name_of(pod->command.front()) == "kube-apiserver";
}

enum class Claim { none, etcd, unclear };

// What cannot be read may still be read by the kubelet of another version, or by nobody: it is shown, not guessed at.
Claim claim_of(const FileFrame& file, const absl::StatusOr<StaticPod>& pod, const std::string& data_directory) {
  if (pod.ok()) return claims_etcd(*pod, data_directory) ? Claim::etcd : Claim::none;
  // By its name alone: any API server's manifest speaks of etcd, and would be moved away as one of etcd's.
  return name_of(file.path).find("etcd") == std::string::npos ? Claim::none : Claim::unclear;
}

absl::StatusOr<StaticPod> read_pod(const FileFrame& file) {
  if (file.state != FileFrame::State::read) return invalid(file.problem);
  if (!is_utf8(file.content.expose())) return invalid("it is not UTF-8 text");
  return read_static_pod(std::string(file.content.expose()));
}

// The content is kept only where the file is etcd's own: any other may hold secrets in its environment. That etcd's own
// may hold one there too (a password among `env`) is a known weakness: kubeadm puts none there, and the planner needs
// the text.
std::optional<Manifest> read_manifest(const FileFrame& file, const absl::StatusOr<StaticPod>& pod, const std::string& data) {
  const Claim claim = claim_of(file, pod, data);
  if (claim == Claim::none) return std::nullopt;
  Manifest manifest = describe_file(file);
  if (claim == Claim::etcd) manifest.set_content(std::string(file.content.expose()));
  if (claim == Claim::unclear) manifest.set_problem(to_utf8(message_of(pod.status())));
  return manifest;
}

// The node's side of a path in the container: by the longest mount that it is under.
std::string on_host(const StaticPod& pod, const std::string& path) {
  std::string best_mount;
  std::string mapped = path;
  for (const auto& [mount, host] : pod.host_paths) {
    const bool inside = path == mount || (path.rfind(mount + "/", 0) == 0);
    if (!inside || mount.size() < best_mount.size()) continue;
    best_mount = mount;
    mapped = host + path.substr(mount.size());
  }
  return mapped;
}

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// The kubelet takes the last of several files that claim one pod.
std::optional<StaticPod> live_pod(const NodeFacts& facts) {
  for (int i = facts.manifests_size(); i > 0; --i) {
    const Manifest& manifest = facts.manifests(i - 1);
    if (!manifest.problem().empty()) continue;
    absl::StatusOr<StaticPod> pod = read_static_pod(manifest.content());
    if (pod.ok()) return *std::move(pod);
  }
  return std::nullopt;
}

// By a run of quorate's.
bool is_parked(const FileFrame& file) {
  return file.state != FileFrame::State::absent && file.path.rfind("/var/lib/quorate/", 0) == 0;
}

// With a WAL elsewhere, none in the data directory says nothing: taken for initialised, so that it is never taken for
// empty.
void allow_for_wal_elsewhere(NodeFacts* facts) {
  const std::optional<StaticPod> pod = live_pod(*facts);
  const std::optional<std::string> elsewhere = pod ? pod->argument("wal-dir") : std::nullopt;
  if (!elsewhere || elsewhere->empty() || !facts->has_data_directory()) return;
  DataDirectory* data = facts->mutable_data_directory();
  if (data->initialised()) return;
  data->set_initialised(data->entries_size() > 0);
  for (const char* fact : {"initialised", "member_id", "cluster_id", "newest_wal"}) {
    Unknown* unknown = data->add_unknowns();
    unknown->set_fact(fact);
    unknown->set_reason("the WAL is elsewhere: --wal-dir=" + to_utf8(*elsewhere));
  }
}

}  // namespace

absl::Status read_manifest_facts(const Answer& answer, NodeFacts* facts) {
  const std::string& data = facts->data_directory().path();
  for (const std::string_view body : answer.all("manifest")) {
    const absl::StatusOr<FileFrame> file = read_file_frame(body);
    if (!file.ok()) return file.status();
    const absl::StatusOr<StaticPod> pod = read_pod(*file);
    if (is_api_server(*file, pod)) facts->set_api_server_manifest_present(true);
    if (std::optional<Manifest> manifest = read_manifest(*file, pod, data)) {
      *facts->add_manifests() = *std::move(manifest);
    } else {
      facts->add_other_manifest_names(to_utf8(name_of(file->path)));
    }
  }
  std::vector<FileFrame> spares;
  for (const std::string_view body : answer.all("spare-manifest")) {
    absl::StatusOr<FileFrame> file = read_file_frame(body);
    if (!file.ok()) return file.status();
    spares.push_back(*std::move(file));
  }
  // The newest last: by name they would be in the order of kubeadm's times and of runs' digests.
  std::stable_sort(spares.begin(), spares.end(),
                   [](const FileFrame& a, const FileFrame& b) { return a.modified_seconds < b.modified_seconds; });
  for (const FileFrame& file : spares) {
    if (is_parked(file)) facts->add_parked_manifests(to_utf8(file.path));
    if (std::optional<Manifest> manifest = read_manifest(file, read_pod(file), data)) {
      *facts->add_spare_manifests() = *std::move(manifest);
    }
  }
  allow_for_wal_elsewhere(facts);
  return absl::OkStatus();
}

Directories directories_of(const NodeFacts& facts) {
  Directories directories{facts.data_directory().path(), facts.pki_directory()};
  const std::optional<StaticPod> pod = live_pod(facts);
  if (!pod) return directories;
  if (const auto data = pod->argument("data-dir"); data && data->rfind('/', 0) == 0) {
    directories.data = without_trailing_slash(on_host(*pod, without_trailing_slash(*data)));
  }
  if (const auto authority = pod->argument("trusted-ca-file"); authority && authority->rfind('/', 0) == 0) {
    const std::string file = on_host(*pod, *authority);
    directories.pki = without_trailing_slash(file.substr(0, std::max<std::size_t>(file.rfind('/'), 1)));
  }
  return directories;
}

}  // namespace quorate::node
