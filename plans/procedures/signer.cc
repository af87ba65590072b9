// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plans/procedures/procedures.h"

namespace quorate {

std::optional<std::string> signer_for(const Situation& situation, const NodeSituation& node) {
  if (situation.signing == Signing::on_workstation) return "";
  if (situation.signing == Signing::nowhere) return std::nullopt;
  if (node.authority_key_present) return node.name;
  const auto signer = std::find_if(situation.nodes.begin(), situation.nodes.end(), [](const NodeSituation& candidate) {
    return candidate.authority_key_present && candidate.access == Access::answers;
  });
  if (signer == situation.nodes.end()) return std::nullopt;
  return signer->name;
}

Obstacle no_signer(const Situation& situation, const std::string& wanted) {
  if (situation.signing == Signing::nowhere) {
    return {wanted + ", and the CA of spec.certificates.authority cannot sign.", "See the finding authority-unusable."};
  }
  return {wanted + ", and no node that answers has the key of etcd's CA.",
          "Put ca.key beside etcd's ca.crt on one node; or name a folder here that has both as spec.certificates.authority."};
}

}  // namespace quorate
