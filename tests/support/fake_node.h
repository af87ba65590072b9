// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "providers/node/node.h"
#include "schemas/static_pod.h"

namespace quorate::test {

struct FakeFile {
  std::string content;
  std::string owner = "0:0";
  std::string mode = "600";
  std::int64_t modified_seconds = 0;
};

/// A control-plane node in memory: files, and a kubelet that runs what etcd's manifest says. Its probe is the real
/// one's answer, made from these, and read by the real parser. tests/providers/node holds it to the shipped scripts.
/// May be used from several threads; the hooks are called with the node locked, by the thread whose change caused them,
/// and may call it.
class FakeNode : public node::Node {
 public:
  struct Hooks {
    /// The kubelet starts etcd. True: it stays up. False: it exits at once.
    std::function<bool(const StaticPod& pod)> start;
    std::function<void()> stop;
    std::function<Outcome(const std::vector<std::string>& arguments)> command;
  };

  explicit FakeNode(std::string name) : name_(std::move(name)) {}
  /// Before anything else is called.
  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }

  void write_file(const std::string& path, const std::string& content, const std::string& owner = "0:0",
                  const std::string& mode = "600");
  void remove_file(const std::string& path);
  void make_directory(const std::string& path);
  [[nodiscard]] std::optional<FakeFile> file(const std::string& path) const;
  [[nodiscard]] bool exists(const std::string& path) const;
  void advance(std::chrono::seconds time);
  /// Where etcd's data is while no manifest says so.
  void set_data_directory(const std::string& path) { data_directory_ = path; }
  void set_kubelet_active(bool active);
  /// What `tool`s the node has, and images; all of kubeadm's to begin with.
  void set_tools(std::set<std::string> tools) { tools_ = std::move(tools); }
  void set_images(std::vector<std::string> images) { images_ = std::move(images); }
  void set_addresses(std::vector<std::string> addresses) { addresses_ = std::move(addresses); }
  /// nullopt: nobody can say.
  void set_api_server_ready(std::optional<bool> ready) { api_server_ready_ = ready; }
  /// What the log of the newest container says.
  void set_log(const std::string& text) { log_ = text; }
  /// The next change is carried out, but its answer is lost.
  void lose_next_answer() { lose_next_answer_ = true; }
  /// From now on nothing reaches the node, until it is true again.
  void set_reachable(bool reachable) { reachable_ = reachable; }
  [[nodiscard]] bool etcd_runs() const;
  /// How often each changing call was made, by its name: an engine that resumes does not do again what is done.
  [[nodiscard]] std::vector<std::string> calls() const;

  /// The first bytes of a WAL with these IDs (16 hex digits): what makes a data directory initialised.
  static std::string wal_head(const std::string& member_id, const std::string& cluster_id);

  absl::StatusOr<node::Probe> probe(node::Deadline deadline) override;
  node::LeaseResult take_lease(const RunRecord& record, const node::Claim& claim, node::Deadline deadline) override;
  Outcome renew_lease(const node::Lease& lease, node::Deadline deadline) override;
  Outcome release_lease(const node::Lease& lease, const node::RunEnded& ended, node::Deadline deadline) override;
  Outcome expire_lease(const std::string& run_id, node::Deadline deadline) override;
  Outcome run_command(const node::Lease& lease, const std::vector<std::string>& arguments, node::Deadline deadline) override;
  Outcome put_file(const node::Lease& lease, const PutFile& file, node::Deadline deadline) override;
  Outcome put_certificate(const node::Lease& lease, const CertificateFiles& files, node::Deadline deadline) override;
  Outcome put_secret_file(const node::Lease& lease, const std::string& path, const Secret& content, const std::string& mode,
                          node::Deadline deadline) override;
  Outcome put_snapshot(const node::Lease& lease, const PutSnapshot& snapshot, node::Deadline deadline) override;
  Outcome restore_snapshot(const node::Lease& lease, const RestoreSnapshot& restore, node::Deadline deadline) override;
  Outcome save_served(const node::Lease& lease, const SaveServed& save, node::Deadline deadline) override;
  Outcome serve_restored(const node::Lease& lease, const ServeRestored& serve, node::Deadline deadline) override;
  Outcome force_alone(const node::Lease& lease, const ForceAlone& force, node::Deadline deadline) override;
  Outcome snapshot_data(const node::Lease& lease, const SnapshotData& snapshot, node::Deadline deadline) override;
  Outcome kubeadm_reset(const node::Lease& lease, const std::string& folder, const std::string& cri_socket,
                        node::Deadline deadline) override;
  Outcome kubeadm_invite(const node::Lease& lease, const Invite& invite, node::Invitation& invitation,
                         node::Deadline deadline) override;
  Outcome kubeadm_join(const node::Lease& lease, const std::string& folder, const Secret& configuration,
                       node::Deadline deadline) override;
  Outcome move_path(const node::Lease& lease, const MovePath& move, node::Deadline deadline) override;
  Outcome move_entries(const node::Lease& lease, const MoveEntries& move, node::Deadline deadline) override;
  Outcome remove_exited_containers(const node::Lease& lease, node::Deadline deadline) override;
  absl::Status read_file(const std::string& path, const ssh::OutputSink& sink, node::Deadline deadline) override;
  absl::StatusOr<node::Authority> read_authority(const std::string& directory, node::Deadline deadline) override;

 private:
  struct FakeContainer {
    std::string id;
    bool running = false;
    std::uint32_t attempt = 0;
    std::int64_t created_at_seconds = 0;
    std::string image;
  };

  Outcome change(const std::string& name, const node::Lease& lease, const std::function<Outcome()>& act);
  [[nodiscard]] std::string problem_of_lease(const std::string& run_id) const;
  [[nodiscard]] std::string holder() const;
  void remember_ended(const node::RunEnded& ended);
  [[nodiscard]] std::int64_t lease_age() const;
  [[nodiscard]] std::vector<std::string> entries(const std::string& directory) const;
  void rename(const std::string& from, const std::string& to);
  void make_parents(const std::string& path);
  [[nodiscard]] std::optional<std::pair<std::string, StaticPod>> wanted_pod() const;
  void run_kubelet();
  [[nodiscard]] std::string data_path() const;
  [[nodiscard]] std::string quorates_folder(const std::string& path) const;
  [[nodiscard]] std::string answer() const;

  mutable std::recursive_mutex mutex_;
  std::string name_;
  Hooks hooks_;
  std::map<std::string, FakeFile> files_;
  std::set<std::string> directories_;
  std::int64_t now_seconds_ = 1800000000;
  std::string data_directory_ = "/var/lib/etcd";
  bool kubelet_active_ = true;
  bool reachable_ = true;
  bool lose_next_answer_ = false;
  std::set<std::string> tools_{"crictl", "ctr", "kubeadm"};
  std::vector<std::string> images_{"registry.k8s.io/etcd:3.5.16-0"};
  std::vector<std::string> addresses_;
  std::optional<bool> api_server_ready_;
  std::string log_;
  std::string running_manifest_;  ///< its text; empty: none is running
  StaticPod running_pod_;
  std::vector<FakeContainer> containers_;
  std::vector<std::string> calls_;
};

}  // namespace quorate::test
