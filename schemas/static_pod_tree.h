// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "schemas/status.h"
#include "schemas/yaml_tree.h"

namespace quorate {

/// One word of etcd's command line and where it stands: `command` or `args` of the container, and its index there.
struct PodWord {
  std::string list;
  std::size_t index = 0;
  std::string text;
};

/// A pod's manifest as a tree, with the container that runs etcd.
struct PodTree {
  YamlNode root;
  std::size_t container = 0;  ///< index in spec.containers

  [[nodiscard]] const YamlNode& container_node() const;
  [[nodiscard]] YamlNode& container_node();
  [[nodiscard]] std::vector<PodWord> words() const;
};

/// Reads a manifest. Invalid: not YAML, not a Pod, no container, duplicate keys, words that are not texts. Aliases are
/// resolved, as the kubelet does.
absl::StatusOr<PodTree> read_pod_tree(const std::string& manifest);

/// Whether the word, as first of a command, is etcd: by its base name.
bool is_etcd_program(const std::string& word);

/// The value of a mapping's key to change it; nullptr where there is none.
YamlNode* find_mutable(YamlNode* map, const std::string& key);

}  // namespace quorate
