// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "engine/progress.h"

namespace quorate::cli {

/// A line a step on standard output; on a terminal what is waited for is shown in place.
class TerminalProgress : public Progress {
 public:
  TerminalProgress();
  void step_started(const std::string& id, int total, const std::string& title) override;
  void waiting(const std::string& what) override;
  void step_ended(const std::string& id, bool done, const std::string& detail) override;
  void note(const std::string& text) override;

 private:
  void clear_line() const;

  bool terminal_;
  std::string heading_;
  std::string waiting_;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace quorate::cli
