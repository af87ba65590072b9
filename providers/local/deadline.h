// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace quorate {

/// The milliseconds until the deadline as poll(2) wants them: none if it has passed, and at least one if it has not.
inline int poll_timeout(std::chrono::steady_clock::time_point deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (deadline <= now) return 0;
  // The farthest deadlines are years away and overflow an int.
  const auto left = std::min<std::chrono::steady_clock::duration>(deadline - now, std::chrono::hours(1));
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

}  // namespace quorate
