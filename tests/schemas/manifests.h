// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace quorate {

inline std::vector<std::string> manifest_names() {
  return {"kubeadm-1.20.yaml", "kubeadm-1.25.yaml", "kubeadm-1.31.yaml", "kubeadm-1.34.yaml"};
}

inline std::string manifest(const std::string& name) {
  std::ifstream file(MANIFESTS + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The text with the first occurrence replaced; a text without one is a mistake of the test, and nothing is left of it.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "" : text.replace(at, from.size(), to);
}

}  // namespace quorate
