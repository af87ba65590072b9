// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "schemas/status.h"

namespace quorate::local {

/// What a local program prints, run without a shell in a process group of its own (Ctrl-C is not for it) and ended at
/// the deadline. not_found: there is no such program. Another exit status than 0 is an error with its last words.
absl::StatusOr<std::string> output_of(const std::vector<std::string>& arguments, std::chrono::steady_clock::time_point deadline);

/// A program that runs until this object goes: it is asked to end, and killed five seconds later, with all that it started. Where
/// this process itself is killed, it runs on.
class Background {
 public:
  /// In a directory, with what it prints in a file. not_found: there is no such program.
  static absl::StatusOr<std::unique_ptr<Background>> start(const std::vector<std::string>& arguments, const std::string& directory,
                                                           const std::string& output_file);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

  /// False: it has ended by itself.
  [[nodiscard]] bool runs();

 private:
  explicit Background(pid_t process) : process_(process) {}

  pid_t process_;
  bool ended_ = false;
};

}  // namespace quorate::local
