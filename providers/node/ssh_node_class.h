// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "providers/node/node_script.h"
#include "providers/node/ssh_node.h"

namespace quorate::node {

class SshNode : public Node {
 public:
  SshNode(std::string name, ssh::Session& session, std::string data_directory_override)
      : name_(std::move(name)),
        session_(session),
        data_directory_override_(std::move(data_directory_override)),
        script_(name_, session) {}

  absl::StatusOr<Probe> probe(Deadline deadline) override;

  LeaseResult take_lease(const RunRecord& record, const Claim& claim, Deadline deadline) override;
  Outcome renew_lease(const Lease& lease, Deadline deadline) override;
  Outcome release_lease(const Lease& lease, const RunEnded& ended, Deadline deadline) override;
  Outcome expire_lease(const std::string& run_id, Deadline deadline) override;

  Outcome run_command(const Lease& lease, const std::vector<std::string>& arguments, Deadline deadline) override;
  Outcome put_file(const Lease& lease, const PutFile& file, Deadline deadline) override;
  Outcome put_secret_file(const Lease& lease, const std::string& path, const Secret& content, const std::string& mode,
                          Deadline deadline) override;
  Outcome put_certificate(const Lease& lease, const CertificateFiles& files, Deadline deadline) override;
  Outcome put_snapshot(const Lease& lease, const PutSnapshot& snapshot, Deadline deadline) override;
  Outcome restore_snapshot(const Lease& lease, const RestoreSnapshot& restore, Deadline deadline) override;
  Outcome save_served(const Lease& lease, const SaveServed& save, Deadline deadline) override;
  Outcome serve_restored(const Lease& lease, const ServeRestored& serve, Deadline deadline) override;
  Outcome snapshot_data(const Lease& lease, const SnapshotData& snapshot, Deadline deadline) override;
  Outcome force_alone(const Lease& lease, const ForceAlone& force, Deadline deadline) override;
  Outcome kubeadm_reset(const Lease& lease, const std::string& folder, const std::string& cri_socket, Deadline deadline) override;
  Outcome kubeadm_invite(const Lease& lease, const Invite& invite, Invitation& invitation, Deadline deadline) override;
  Outcome kubeadm_join(const Lease& lease, const std::string& folder, const Secret& configuration, Deadline deadline) override;
  Outcome move_path(const Lease& lease, const MovePath& move, Deadline deadline) override;
  Outcome move_entries(const Lease& lease, const MoveEntries& move, Deadline deadline) override;
  Outcome remove_exited_containers(const Lease& lease, Deadline deadline) override;

  absl::Status read_file(const std::string& path, const ssh::OutputSink& sink, Deadline deadline) override;
  absl::StatusOr<Authority> read_authority(const std::string& directory, Deadline deadline) override;

 private:
  absl::StatusOr<Probe> probe_directories(const std::string& data, const std::string& pki, Deadline deadline);
  /// One change at a time; the lease is renewed beside it.
  Outcome change_alone(scripts::Change change, const Lease& lease, const std::vector<std::string>& arguments, const Input& input,
                       Deadline deadline);

  std::string name_;
  ssh::Session& session_;
  std::string data_directory_override_;
  NodeScript script_;
  std::timed_mutex changing_;
};

}  // namespace quorate::node
