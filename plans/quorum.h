// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace quorate {

/// The votes that a decision needs among `voters` (raft thesis, section 3.4: a majority).
constexpr std::size_t quorum_of(std::size_t voters) { return voters / 2 + 1; }

/// Whether `live` of `voters` can decide.
constexpr bool has_quorum(std::size_t voters, std::size_t live) { return voters > 0 && live >= quorum_of(voters); }

/// How many more voters may fail before the quorum is lost; 0 where it is lost already.
constexpr std::size_t tolerated_losses(std::size_t voters, std::size_t live) {
  return has_quorum(voters, live) ? live - quorum_of(voters) : 0;
}

}  // namespace quorate
