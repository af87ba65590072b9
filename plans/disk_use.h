// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "schemas/observation.pb.h"

namespace quorate {

/// What is free where a node keeps its data; and, where that is little, what takes most of it: the folders and files that hold it
/// themselves, largest first, five at most. Empty where it is not known.
std::vector<std::string> disk_use_text(const DataDirectory& data);

}  // namespace quorate
