// SPDX-License-Identifier: Apache-2.0
#include "plans/drift.h"

#include <algorithm>
#include <map>

#include "plans/finding.h"
#include "plans/lookup.h"

namespace quorate {
namespace {

// The image that most nodes run: what the spec does not say is taken from the live majority.
std::string usual_image(const Observation& observation) {
  std::map<std::string, int> count;
  for (const NodeObservation& node : observation.nodes()) {
    if (const std::optional<StaticPod> pod = current_pod(node.facts())) ++count[pod->image];
  }
  const auto most = std::max_element(count.begin(), count.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == count.end() ? "" : most->first;
}

}  // namespace

std::vector<Finding> find_drift(const Spec& spec, const Observation& observation) {
  std::vector<Finding> drift;
  const EtcdSettings& wanted = spec.spec().etcd();
  const std::string image = wanted.image().empty() ? usual_image(observation) : wanted.image();
  const std::string source = wanted.image().empty() ? "most nodes run " : "the spec says ";
  for (const NodeObservation& node : observation.nodes()) {
    const std::optional<StaticPod> pod = current_pod(node.facts());
    if (!pod) continue;
    if (pod->argument("force-new-cluster")) {
      drift.push_back(make_finding(FindingKind::argument_differs,
                                   {.subject = node.name(),
                                    .summary = "Its manifest has --force-new-cluster: at its next start it drops all others.",
                                    .evidence = {"manifest: --force-new-cluster"},
                                    .remedy = "Remove the flag from the manifest while a majority of the others serves."}));
    }
    if (pod->image != image) {
      drift.push_back(
          make_finding(FindingKind::image_differs, {.subject = node.name(),
                                                    .summary = "Its manifest names another image.",
                                                    .evidence = {"manifest: " + pod->image, source + image},
                                                    .remedy = "No procedure changes an image yet; do it by kubeadm upgrade."}));
    }
    const std::string& data_directory = node.facts().data_directory().path();
    if (!wanted.data_dir().empty() && !data_directory.empty() && data_directory != wanted.data_dir()) {
      drift.push_back(make_finding(FindingKind::argument_differs,
                                   {.subject = node.name(),
                                    .summary = "Its data directory is not the spec's dataDir, and stays where it is.",
                                    .evidence = {"manifest: " + data_directory, "the spec says " + wanted.data_dir()},
                                    .remedy = "Correct dataDir in the spec; no procedure moves a data directory."}));
    }
    const std::map<std::string, std::string> arguments(wanted.extra_args().begin(), wanted.extra_args().end());
    for (const auto& [flag, value] : arguments) {
      const std::optional<std::string> actual = pod->argument(flag);
      if (actual == value) continue;
      drift.push_back(make_finding(FindingKind::argument_differs,
                                   {.subject = node.name(),
                                    .summary = "Its manifest differs from the spec's extraArgs.",
                                    .evidence = {"manifest: " + (actual ? "--" + flag + "=" + *actual : "no --" + flag),
                                                 "the spec says --" + flag + "=" + value},
                                    .remedy = "No procedure changes flags yet; edit the manifests one node at a time."}));
    }
  }
  return drift;
}

}  // namespace quorate
