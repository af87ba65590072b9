// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schemas/status.h"

namespace quorate {

/// What a static pod's manifest says of etcd, as far as quorate needs it. Read from YAML or JSON text as the kubelet
/// reads it.
struct StaticPod {
  std::string name;        ///< metadata.name
  std::string name_space;  ///< metadata.namespace
  std::string container;   ///< name of the container that runs etcd
  std::string image;
  std::vector<std::string> command;      ///< command and args, in order
  std::vector<std::string> environment;  ///< names of its containers' variables whose values stand there, sorted
  std::map<std::string, std::string> annotations;
  std::map<std::string, std::string> host_paths;  ///< mountPath of the container -> hostPath
  std::optional<long> run_as_user;
  std::string liveness_path;  ///< of its livenessProbe over HTTP; empty: it has none
  long startup_failures = 0;  ///< of its startupProbe, after which the kubelet ends it; 0: it has none, or one that does not say
  long startup_period = 10;   ///< seconds from one to the next; ten where it does not say

  /// The value of `--flag=value` or `--flag value`, the last one where it is repeated.
  [[nodiscard]] std::optional<std::string> argument(const std::string& flag) const;

  /// Whether each start by it makes the member a cluster of its own: by --force-new-cluster, as Go reads a flag that is on or off,
  /// or by etcd's variable of that name, whatever its value.
  [[nodiscard]] bool forces_new_cluster() const;
};

/// Reads a manifest. Invalid: not YAML, not a Pod, no container. The container is the one whose command is etcd, else
/// the one named etcd, else the first.
absl::StatusOr<StaticPod> read_static_pod(const std::string& manifest);

/// Whether the manifest claims what etcd's pod claims: the pod name `etcd` in kube-system, etcd's command, or
/// `data_directory`. kube-vip's manifest and others beside it do not.
bool claims_etcd(const StaticPod& pod, const std::string& data_directory);

/// One change of a manifest.
struct ManifestEdit {
  std::map<std::string, std::string> arguments;    ///< flag without dashes -> value; added in sorted place where it is not there
  std::vector<std::string> removed_arguments;      ///< flags to take out
  std::map<std::string, std::string> annotations;  ///< only those that are there already are changed
  std::optional<std::string> image;
  std::optional<long> startup_failures = {};  ///< only where a startupProbe says them
};

/// The manifest with the edit made by splicing bytes at the places that the parser marks: comments, order and unknown
/// fields survive. The result is read again and must be the intended one, otherwise invalid (a folded scalar, an
/// argument list that cannot be understood): then nothing may be written.
absl::StatusOr<std::string> edit_manifest(const std::string& manifest, const ManifestEdit& edit);

}  // namespace quorate
