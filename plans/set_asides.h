// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// Folders of data that was set aside on a node, and that the spec's `setAside` lets go: those beyond the newest `keep`, and those
/// older than `maxAge`, oldest first. Before them the rests of runs that have ended while the node was down, or were given up, not
/// those of the `unfinished` run (empty: there is none). Without either setting all stay.
std::vector<std::string> expired_set_asides(const SetAsideSettings& settings, const NodeFacts& facts, const std::string& unfinished,
                                            std::int64_t now_seconds);

}  // namespace quorate
