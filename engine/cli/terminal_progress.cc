// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/terminal_progress.h"

#include <array>
#include <cstdio>
#include <iostream>

#include <unistd.h>

namespace quorate::cli {

TerminalProgress::TerminalProgress() : terminal_(::isatty(STDOUT_FILENO) != 0) {}

void TerminalProgress::clear_line() const {
  if (terminal_) std::cout << "\r\033[K";
}

void TerminalProgress::step_started(const std::string& id, int total, const std::string& title) {
  heading_ = "[" + id + "/" + std::to_string(total) + "] " + title;
  waiting_.clear();
  started_ = std::chrono::steady_clock::now();
  if (terminal_) std::cout << heading_ << " ..." << std::flush;
}

void TerminalProgress::waiting(const std::string& what) {
  if (what == waiting_) return;
  waiting_ = what;
  if (!terminal_) return;
  clear_line();
  std::cout << heading_ << " ... " << what.substr(0, 100) << std::flush;
}

void TerminalProgress::step_ended(const std::string& /*id*/, bool done, const std::string& detail) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started_;
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.1f s", took.count());
  clear_line();
  std::cout << heading_ << ": " << (done ? "done" : "STOPPED") << " (" << seconds.data() << ")\n";
  if (!detail.empty()) std::cout << "    " << detail << "\n";
  std::cout << std::flush;
}

void TerminalProgress::note(const std::string& text) { std::cout << text << "\n" << std::flush; }

}  // namespace quorate::cli
