// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include "providers/local/deadline.h"
#include "providers/ssh/session.h"

namespace quorate::ssh {

/// The deadline, brought near enough for the arithmetic of condition variables.
inline Deadline bounded(Deadline deadline) { return std::min(deadline, Clock::now() + std::chrono::hours(24 * 365)); }

}  // namespace quorate::ssh
