// SPDX-License-Identifier: Apache-2.0
#include "plans/images.h"

#include <algorithm>

#include "plans/lookup.h"

namespace quorate {
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool will_start_anew(const NodeSituation& node) {
  return node.access == Access::answers && (node.etcd != EtcdState::serving || node.asserted_replace);
}

}  // namespace

bool has_image(const NodeFacts& facts, const std::string& image) {
  if (image.empty() || image.find('@') != std::string::npos || reason_unknown(facts, "images") != nullptr) return true;
  // `etcd:3.5` is listed as docker.io/library/etcd:3.5.
  return std::any_of(facts.images().begin(), facts.images().end(),
                     [&](const std::string& there) { return there == image || ends_with(there, "/" + image); });
}

void mark_missing_images(const StepContext& context, Situation& situation) {
  for (NodeSituation& node : situation.nodes) {
    if (!will_start_anew(node)) continue;
    const std::string members = context.restore == nullptr ? initial_cluster_of(context, node.name) : "";
    const std::string image = image_of_manifest_for(context, node.name, members);
    if (!has_image(facts_of(context, node.name), image)) node.missing_image = image;
  }
}

}  // namespace quorate
