// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quorate::node::scripts {

/// The probe, for the standard input of `sh -s -- [DATA-DIRECTORY] [PKI-DIRECTORY]`.
std::string probe_text();
/// For `sh -c TEXT quorate DIRECTORY`: frames with a certificate and its key.
std::string read_authority_text();

/// The scripts that change something, for `sh -c TEXT quorate RUN-ID ARGUMENT...`.
enum class Change {
  take_lease,
  renew_lease,
  release_lease,
  expire_lease,
  run_command,
  put_file,
  put_certificate,
  put_snapshot,
  restore_snapshot,
  snapshot_data,
  save_served,
  serve_restored,
  force_alone,
  move_path,
  move_entries,
  remove_exited_containers,
  kubeadm_reset,
  kubeadm_invite,
  kubeadm_join,
};
std::string change_text(Change change);

}  // namespace quorate::node::scripts
