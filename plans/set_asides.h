// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// Folders of data that was set aside on a node, and that the spec's `setAside` lets go: those beyond the newest `keep`, and those
/// older than `maxAge`. Without either all stay. Oldest first.
std::vector<std::string> expired_set_asides(const SetAsideSettings& settings, const NodeFacts& facts, std::int64_t now_seconds);

}  // namespace quorate
