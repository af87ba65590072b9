// SPDX-License-Identifier: Apache-2.0
#include "plans/recorded_environment.h"

#include "plans/lookup.h"
#include "schemas/static_pod.h"

namespace quorate {

std::vector<std::string> recorded_environment(const Observation& observation) {
  std::vector<std::string> lines;
  for (const NodeObservation& node : observation.nodes()) {
    for (const auto* manifests : {&node.facts().manifests(), &node.facts().spare_manifests()}) {
      for (const Manifest& manifest : *manifests) {
        const absl::StatusOr<StaticPod> pod = read_static_pod(manifest.content());
        if (!pod.ok() || pod->environment.empty()) continue;
        lines.push_back(node.name() + ": " + manifest.path() + " sets " + join(pod->environment, ", ") +
                        ", and a record, a plan and a journal have its text whole: if that is secret, have it in a file instead");
      }
    }
  }
  return lines;
}

}  // namespace quorate
