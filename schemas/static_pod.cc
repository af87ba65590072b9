// SPDX-License-Identifier: Apache-2.0
#include "schemas/static_pod.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <unordered_map>

#include "schemas/static_pod_arguments.h"
#include "schemas/static_pod_tree.h"

namespace quorate {
namespace {

const YamlNode* find_path(const YamlNode& node, const std::vector<std::string>& path) {
  const YamlNode* found = &node;
  for (const std::string& key : path) {
    if (found != nullptr) found = found->find(key);
  }
  return found;
}

std::string text_of(const YamlNode& node, const std::vector<std::string>& path) {
  const YamlNode* found = find_path(node, path);
  return found == nullptr ? "" : found->text;
}

std::map<std::string, std::string> texts_of(const YamlNode& node, const std::vector<std::string>& path) {
  std::map<std::string, std::string> texts;
  const YamlNode* found = find_path(node, path);
  if (found == nullptr) return texts;
  for (std::size_t i = 0; i < found->keys.size(); ++i) texts[found->keys[i].text] = found->values[i].text;
  return texts;
}

std::map<std::string, std::string> host_paths_of(const PodTree& pod) {
  std::map<std::string, std::string> path_of_volume;
  if (const YamlNode* volumes = find_path(pod.root, {"spec", "volumes"})) {
    for (const YamlNode& volume : volumes->values) {
      const YamlNode* path = find_path(volume, {"hostPath", "path"});
      if (path != nullptr) path_of_volume[text_of(volume, {"name"})] = path->text;
    }
  }
  std::map<std::string, std::string> host_paths;
  if (const YamlNode* mounts = pod.container_node().find("volumeMounts")) {
    for (const YamlNode& mount : mounts->values) {
      const auto found = path_of_volume.find(text_of(mount, {"name"}));
      if (found != path_of_volume.end()) host_paths[text_of(mount, {"mountPath"})] = found->second;
    }
  }
  return host_paths;
}

std::optional<long> number_of(const YamlNode* scalar) {
  if (scalar == nullptr) return std::nullopt;
  long number = 0;
  const char* end = scalar->text.data() + scalar->text.size();
  const auto [rest, error] = std::from_chars(scalar->text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

std::optional<long> user_of(const YamlNode* node) {
  return node == nullptr ? std::nullopt : number_of(find_path(*node, {"securityContext", "runAsUser"}));
}

std::string without_last_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::vector<std::string> environment_of(const YamlNode& root) {
  std::set<std::string> names;
  for (const char* kind : {"initContainers", "containers"}) {
    const YamlNode* containers = find_path(root, {"spec", kind});
    if (containers == nullptr) continue;
    for (const YamlNode& container : containers->values) {
      const YamlNode* variables = container.find("env");
      if (variables == nullptr) continue;
      for (const YamlNode& variable : variables->values) {
        if (!text_of(variable, {"value"}).empty()) names.insert(text_of(variable, {"name"}));
      }
    }
  }
  return {names.begin(), names.end()};
}

constexpr std::size_t remembered = 64;

absl::StatusOr<StaticPod> read_anew(const std::string& manifest) {
  const absl::StatusOr<PodTree> tree = read_pod_tree(manifest);
  if (!tree.ok()) return tree.status();
  const YamlNode& container = tree->container_node();
  StaticPod pod;
  pod.name = text_of(tree->root, {"metadata", "name"});
  pod.name_space = text_of(tree->root, {"metadata", "namespace"});
  pod.container = text_of(container, {"name"});
  pod.image = text_of(container, {"image"});
  for (const PodWord& word : tree->words()) pod.command.push_back(word.text);
  pod.environment = environment_of(tree->root);
  pod.annotations = texts_of(tree->root, {"metadata", "annotations"});
  pod.host_paths = host_paths_of(*tree);
  pod.run_as_user = user_of(&container);
  pod.liveness_path = text_of(container, {"livenessProbe", "httpGet", "path"});
  pod.startup_failures = number_of(find_path(container, {"startupProbe", "failureThreshold"})).value_or(0);
  pod.startup_period = number_of(find_path(container, {"startupProbe", "periodSeconds"})).value_or(10);
  if (!pod.run_as_user) pod.run_as_user = user_of(tree->root.find("spec"));
  return pod;
}

}  // namespace

std::optional<std::string> StaticPod::argument(const std::string& flag) const {
  std::optional<std::string> value;
  for (const FlagArgument& argument : flag_arguments(command)) {
    // A flag alone is a boolean that is set.
    if (argument.flag == flag) value = argument.value.value_or("true");
  }
  return value;
}

bool StaticPod::forces_new_cluster() const {
  constexpr std::array off = {"0", "f", "F", "false", "False", "FALSE"};
  const std::optional<std::string> flag = argument("force-new-cluster");
  if (flag) return std::find(off.begin(), off.end(), *flag) == off.end();
  return std::find(environment.begin(), environment.end(), "ETCD_FORCE_NEW_CLUSTER") != environment.end();
}

absl::StatusOr<StaticPod> read_static_pod(const std::string& manifest) {
  // A plan reads the same few manifests hundreds of times, and YAML is slow to read.
  thread_local std::unordered_map<std::string, absl::StatusOr<StaticPod>> known;
  const auto found = known.find(manifest);
  if (found != known.end()) return found->second;
  if (known.size() >= remembered) known.clear();
  return known.emplace(manifest, read_anew(manifest)).first->second;
}

bool claims_etcd(const StaticPod& pod, const std::string& data_directory) {
  if (pod.name == "etcd" && pod.name_space == "kube-system") return true;
  if (!pod.command.empty() && is_etcd_program(pod.command.front())) return true;
  for (const auto& [mount_path, host_path] : pod.host_paths) {
    if (!data_directory.empty() && without_last_slash(host_path) == without_last_slash(data_directory)) return true;
  }
  return false;
}

}  // namespace quorate
