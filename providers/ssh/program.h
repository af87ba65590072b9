// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "providers/ssh/session.h"
#include "schemas/status.h"

namespace quorate::ssh {

/// What a local program prints, run without a shell in a process group of its own (Ctrl-C is not for it) and ended at
/// the deadline. not_found: there is no such program. Another exit status than 0 is an error with its last words.
absl::StatusOr<std::string> output_of(const std::vector<std::string>& arguments, Deadline deadline);

}  // namespace quorate::ssh
