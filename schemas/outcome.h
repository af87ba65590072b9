// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace quorate {

/// How a call that changes something ended. One that timed out, or whose connection broke after it was sent, is neither
/// done nor failed: only a fresh observation decides.
struct [[nodiscard]] Outcome {
  enum class Kind { done, not_done, unknown };

  Kind kind = Kind::unknown;
  std::string detail;      ///< why it is not done or not known; what there is to say where it is done
  bool try_again = false;  ///< not done now, but the same call can succeed later: etcd's five seconds, a learner behind

  static Outcome done(std::string detail = "") { return {Kind::done, std::move(detail), false}; }
  static Outcome not_done(std::string reason) { return {Kind::not_done, std::move(reason), false}; }
  static Outcome not_yet(std::string reason) { return {Kind::not_done, std::move(reason), true}; }
  static Outcome unknown(std::string reason) { return {Kind::unknown, std::move(reason), false}; }

  [[nodiscard]] bool is_done() const { return kind == Kind::done; }
};

}  // namespace quorate
