// SPDX-License-Identifier: Apache-2.0
#include "schemas/static_pod_tree.h"

#include <set>

#include "schemas/utf8.h"

namespace quorate {
namespace {

// What the kubelet reads is not bounded so narrowly; a static pod's manifest has 3 KB and ten levels.
constexpr YamlRules rules{std::size_t{1} << 20U, 64, true};

std::string at(const Place& place) {
  if (place.line == 0) return "";
  return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + ": ";
}

// With a key twice, the kubelet's readers disagree by version on which one counts.
absl::Status check_keys(const YamlNode& node) {
  std::set<std::string> seen;
  for (const YamlNode& key : node.keys) {
    if (!seen.insert(key.text).second) return invalid(at(key.place) + "duplicate key " + quoted(key.text));
    if (key.text == "<<") return invalid(at(key.place) + "merge keys (<<) are not understood");
  }
  for (const YamlNode& value : node.values) {
    if (absl::Status status = check_keys(value); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status check_words(const YamlNode& container) {
  for (const char* list : {"command", "args"}) {
    const YamlNode* words = container.find(list);
    if (words == nullptr || words->kind == YamlNode::Kind::null) continue;
    if (words->kind != YamlNode::Kind::list) return invalid(at(words->place) + list + " is not a list");
    for (const YamlNode& word : words->values) {
      if (word.kind != YamlNode::Kind::scalar) return invalid(at(word.place) + list + " holds what is no text");
    }
  }
  return absl::OkStatus();
}

std::string text_at(const YamlNode& map, const std::string& key) {
  const YamlNode* value = map.find(key);
  return value == nullptr ? "" : value->text;
}

std::string program_of(const YamlNode& container) {
  for (const char* list : {"command", "args"}) {
    const YamlNode* words = container.find(list);
    if (words != nullptr && !words->values.empty()) return words->values.front().text;
  }
  return "";
}

std::size_t etcd_container(const YamlNode& containers) {
  for (std::size_t i = 0; i < containers.values.size(); ++i) {
    if (is_etcd_program(program_of(containers.values[i]))) return i;
  }
  for (std::size_t i = 0; i < containers.values.size(); ++i) {
    if (text_at(containers.values[i], "name") == "etcd") return i;
  }
  return 0;
}

absl::Status check_containers(const YamlNode* containers) {
  if (containers == nullptr || containers->kind != YamlNode::Kind::list || containers->values.empty()) {
    return invalid("the pod has no container");
  }
  for (const YamlNode& container : containers->values) {
    if (container.kind != YamlNode::Kind::map) return invalid(at(container.place) + "a container that is no mapping");
    if (absl::Status status = check_words(container); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

bool is_etcd_program(const std::string& word) { return word.substr(word.rfind('/') + 1) == "etcd"; }

YamlNode* find_mutable(YamlNode* map, const std::string& key) {
  if (map == nullptr) return nullptr;
  const YamlNode* found = map->find(key);
  return found == nullptr ? nullptr : &map->values[static_cast<std::size_t>(found - map->values.data())];
}

const YamlNode& PodTree::container_node() const { return root.find("spec")->find("containers")->values[container]; }

YamlNode& PodTree::container_node() { return find_mutable(find_mutable(&root, "spec"), "containers")->values[container]; }

std::vector<PodWord> PodTree::words() const {
  std::vector<PodWord> words;
  for (const char* list : {"command", "args"}) {
    const YamlNode* node = container_node().find(list);
    if (node == nullptr) continue;
    for (std::size_t i = 0; i < node->values.size(); ++i) words.push_back({list, i, node->values[i].text});
  }
  return words;
}

absl::StatusOr<PodTree> read_pod_tree(const std::string& manifest) {
  YamlReading reading = read_yaml(manifest, rules);
  if (!reading.problems.empty()) return invalid(at(reading.problems[0].place) + reading.problems[0].message);
  PodTree pod;
  pod.root = std::move(*reading.root);
  if (text_at(pod.root, "kind") != "Pod" || text_at(pod.root, "apiVersion") != "v1") {
    return invalid("this is no manifest of a Pod");
  }
  if (absl::Status status = check_keys(pod.root); !status.ok()) return status;
  const YamlNode* spec = pod.root.find("spec");
  const YamlNode* containers = spec == nullptr ? nullptr : spec->find("containers");
  if (absl::Status status = check_containers(containers); !status.ok()) return status;
  pod.container = etcd_container(*containers);
  return pod;
}

}  // namespace quorate
