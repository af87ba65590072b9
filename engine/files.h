// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/status.h"

namespace quorate {

/// not_found, unavailable: it cannot be read.
absl::StatusOr<std::string> read_file(const std::string& path);

/// Written beside the target, synced and renamed; mode 0600. unavailable: it cannot be.
absl::Status write_file(const std::string& path, const std::string& text);

}  // namespace quorate
