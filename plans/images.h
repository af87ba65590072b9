// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "plans/steps/steps.h"

namespace quorate {

/// Whether the node has the image, or it cannot be told: its images cannot be seen, or the name is a digest's, which its runtime
/// does not list.
bool has_image(const NodeFacts& facts, const std::string& image);

/// Marks on nodes whose etcd does not serve, or shall be replaced, the image that their manifest will name and that they have not.
void mark_missing_images(const StepContext& context, Situation& situation);

}  // namespace quorate
