// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include "providers/ssh/session.h"

namespace quorate::ssh {

/// The milliseconds until the deadline as poll(2) wants them: none if it has passed, and at least one if it has not.
inline int poll_timeout(Deadline deadline) {
  const Clock::time_point now = Clock::now();
  if (deadline <= now) return 0;
  // The farthest deadlines are years away and overflow an int.
  const auto left = std::min<Clock::duration>(deadline - now, std::chrono::hours(1));
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

/// The deadline, brought near enough for the arithmetic of condition variables.
inline Deadline bounded(Deadline deadline) { return std::min(deadline, Clock::now() + std::chrono::hours(24 * 365)); }

}  // namespace quorate::ssh
