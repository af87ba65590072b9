// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "engine/progress.h"

namespace quorate::cli {

/// A line a step on standard output. What is waited for is shown in place on a terminal, and elsewhere as a line of its own once a
/// step has waited for long, so that a log is neither silent nor flooded.
class TerminalProgress : public Progress {
 public:
  TerminalProgress();
  /// `patience`: how long a wait is passed over in silence where there is no terminal, and from one line to the next.
  TerminalProgress(bool terminal, std::chrono::milliseconds patience);
  void step_started(const std::string& id, int total, const std::string& title) override;
  void waiting(const std::string& what) override;
  void step_ended(const std::string& id, bool done, const std::string& detail) override;
  void note(const std::string& text) override;

 private:
  void clear_line() const;

  void show_in_place(const std::string& what);
  void say_if_long(const std::string& what);

  bool terminal_;
  std::chrono::milliseconds patience_;
  std::string heading_;
  std::string waiting_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point quiet_since_;
};

}  // namespace quorate::cli
