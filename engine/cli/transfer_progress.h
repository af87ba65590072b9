// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace quorate::cli {

/// Bytes and rate of one transfer, on standard error where that is a terminal; nothing elsewhere.
class TransferLine {
 public:
  TransferLine();
  /// Several times a second at most.
  void show(std::uint64_t bytes, std::uint64_t remaining);
  /// Takes the line away.
  void clear() const;
  [[nodiscard]] double seconds() const;

 private:
  bool terminal_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = {};
};

}  // namespace quorate::cli
