// SPDX-License-Identifier: Apache-2.0
#include "engine/drill.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "engine/files.h"
#include "plans/bytes_text.h"
#include "plans/node_condition.h"
#include "providers/etcd/client.h"
#include "providers/local/program.h"

namespace quorate {
namespace {

using std::chrono::steady_clock;

// As on a node: 8 GiB, etcd's largest, at 10 MB a second.
constexpr std::chrono::minutes restore_limit(15);
// etcd opens a store of several GB in seconds.
constexpr std::chrono::seconds start_limit(60);
constexpr std::chrono::seconds ask_limit(60);
// etcd takes a host and a port for a socket's name too, and makes it in its working directory (tried with 3.4.23 and 3.5.30).
constexpr const char* client_socket = "localhost:2379";
constexpr const char* peer_url = "unix://localhost:2380";

class Folder {
 public:
  Folder() {
    std::error_code error;
    std::string path = std::filesystem::temp_directory_path(error).string() + "/quorate-drill-XXXXXX";
    if (!error && mkdtemp(path.data()) != nullptr) path_ = path;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  /// Empty: none could be made.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string at(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

absl::Status check_room(const Folder& folder, const DrillSource& source) {
  if (folder.path().empty()) return unavailable("no folder can be made in $TMPDIR");
  std::error_code error;
  const auto space = std::filesystem::space(folder.path(), error);
  const std::uint64_t needed = source.bytes + log_bytes;
  if (error || space.available >= needed) return absl::OkStatus();
  return unavailable(folder.path() + " has " + text_of_bytes(space.available) + " free, and the drill needs " +
                     text_of_bytes(needed) + "; name another place with $TMPDIR");
}

// etcdutl first: etcd 3.6's etcdctl restores no more.
absl::StatusOr<std::string> restoring_tool() {
  const std::string etcdutl = "etcdutl";
  for (const std::string& tool : {etcdutl, std::string("etcdctl")}) {
    const auto said = local::output_of({tool, "version"}, steady_clock::now() + ask_limit);
    if (said.ok() && (tool == etcdutl || said->find("etcdctl version: 3.4.") != std::string::npos ||
                      said->find("etcdctl version: 3.5.") != std::string::npos))
      return tool;
    if (said.ok()) continue;
    if (!absl::IsNotFound(said.status())) return said.status();
  }
  return not_found(
      "neither etcdutl nor an etcdctl that restores (3.4, 3.5) is on this machine; install the cluster's version, with etcd "
      "itself");
}

absl::Status restore(const DrillSource& source, const Folder& folder) {
  const absl::StatusOr<std::string> tool = restoring_tool();
  if (!tool.ok()) return tool.status();
  std::vector<std::string> arguments = {*tool,
                                        "snapshot",
                                        "restore",
                                        source.path,
                                        "--data-dir=" + folder.at("data"),
                                        "--name=drill",
                                        std::string("--initial-cluster=drill=") + peer_url,
                                        std::string("--initial-advertise-peer-urls=") + peer_url};
  if (source.without_trailer) arguments.emplace_back("--skip-hash-check");
  return local::output_of(arguments, steady_clock::now() + restore_limit).status();
}

std::string last_line(const std::string& file) {
  std::string text = read_file(file).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

absl::StatusOr<EndpointStatus> wait_until_it_serves(etcd::Client& client, local::Background& etcd, const Folder& folder,
                                                    const StopRequest& stop) {
  const auto deadline = steady_clock::now() + start_limit;
  absl::StatusOr<EndpointStatus> status = unavailable("not asked yet");
  while (steady_clock::now() < deadline) {
    if (stop.stop_requested()) return cancelled("interrupted");
    if (!etcd.runs()) return invalid("etcd has ended: " + last_line(folder.at("log")));
    status = client.status(std::min(deadline, steady_clock::now() + std::chrono::seconds(2)));
    if (status.ok() && !status->leader_id().empty()) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return invalid("etcd does not serve it: " + last_line(folder.at("log")));
}

}  // namespace

absl::StatusOr<SnapshotReport::Drill> drill(const DrillSource& source, const StopRequest& stop) {
  const Folder folder;
  if (absl::Status room = check_room(folder, source); !room.ok()) return room;
  if (absl::Status restored = restore(source, folder); !restored.ok()) return restored;
  const std::string client_url = std::string("unix://") + client_socket;
  const absl::StatusOr<std::unique_ptr<local::Background>> etcd =
      local::Background::start({"etcd", "--name=drill", "--data-dir=" + folder.at("data"), "--listen-client-urls=" + client_url,
                                "--advertise-client-urls=" + client_url, std::string("--listen-peer-urls=") + peer_url},
                               folder.path(), folder.at("log"));
  if (!etcd.ok()) return etcd.status();
  const absl::StatusOr<std::unique_ptr<etcd::Client>> client = etcd::make_plain_client(folder.at(client_socket));
  if (!client.ok()) return client.status();
  const absl::StatusOr<EndpointStatus> status = wait_until_it_serves(**client, **etcd, folder, stop);
  if (!status.ok()) return status.status();
  const absl::StatusOr<std::uint64_t> keys = (*client)->count_keys(source.revision, steady_clock::now() + ask_limit);
  if (!keys.ok()) return keys.status();
  const absl::StatusOr<etcd::StoreHash> hash = (*client)->hash_of_store(source.revision, steady_clock::now() + ask_limit);
  if (!hash.ok()) return hash.status();
  SnapshotReport::Drill result;
  result.set_version(status->version());
  result.set_revision(status->revision());
  result.set_keys(*keys);
  result.set_hash(hash->hash);
  return result;
}

}  // namespace quorate
