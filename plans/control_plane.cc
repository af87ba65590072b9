// SPDX-License-Identifier: Apache-2.0
#include "plans/control_plane.h"

#include <algorithm>

#include "plans/lookup.h"

namespace quorate {

const std::vector<std::string>& control_plane_manifests(bool api_server) {
  static const std::vector<std::string> server = {"kube-apiserver.yaml"};
  static const std::vector<std::string> clients = {"kube-controller-manager.yaml", "kube-scheduler.yaml"};
  return api_server ? server : clients;
}

std::vector<std::string> placed_manifests(const NodeFacts& facts, bool api_server) {
  std::vector<std::string> placed;
  const auto& names = facts.other_manifest_names();
  for (const std::string& name : control_plane_manifests(api_server)) {
    if (std::find(names.begin(), names.end(), name) != names.end()) placed.push_back(name);
  }
  return placed;
}

std::vector<std::string> parked_manifests(const NodeFacts& facts, const std::string& run_id, bool api_server) {
  std::vector<std::string> parked;
  const auto& paths = facts.parked_manifests();
  for (const std::string& name : control_plane_manifests(api_server)) {
    const std::string path = "/var/lib/quorate/" + run_id + "/" + name;
    if (std::find(paths.begin(), paths.end(), path) != paths.end()) parked.push_back(name);
  }
  return parked;
}

std::vector<std::string> left_parked(const NodeFacts& facts, bool api_server) {
  const std::vector<std::string> placed = placed_manifests(facts, api_server);
  std::vector<std::string> left;
  for (const std::string& name : control_plane_manifests(api_server)) {
    if (std::find(placed.begin(), placed.end(), name) == placed.end() && !parked_path(facts, name).empty()) left.push_back(name);
  }
  return left;
}

std::string parked_path(const NodeFacts& facts, const std::string& name) {
  std::string last;
  for (const std::string& path : facts.parked_manifests()) {
    if (base_name(path) == name) last = path;
  }
  return last;
}

}  // namespace quorate
