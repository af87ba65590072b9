// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/status.h"

namespace quorate {

/// What kubeadm knows of a member when it writes its etcd.yaml.
struct KubeadmMember {
  std::string name;
  std::string peer_url;
  std::string initial_cluster;
  bool joins = false;  ///< a cluster that there is: without data it must begin none of its own
  std::string data_directory;
  std::string pki_directory;
  std::string image;
};

/// etcd.yaml as kubeadm writes it for the etcd in that image: 3.4 as kubeadm 1.20, 3.5 as 1.25, from 3.5.11 as 1.31, 3.6 and later
/// as 1.34 (etcd-facts 5.1). precondition: the image's tag says no version.
absl::StatusOr<std::string> kubeadm_manifest(const KubeadmMember& member);

}  // namespace quorate
