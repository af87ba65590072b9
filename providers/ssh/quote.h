// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "schemas/status.h"

namespace quorate::ssh {

/// The argument vector as one line for the login shell at the other end, which reads back exactly these arguments and
/// runs nothing else. Refused: no arguments, and a NUL byte, which no argument can hold.
absl::StatusOr<std::string> quote(const std::vector<std::string>& arguments);

}  // namespace quorate::ssh
