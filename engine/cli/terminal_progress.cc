// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/terminal_progress.h"

#include <array>
#include <cstdio>
#include <iostream>

#include <unistd.h>

namespace quorate::cli {

namespace {

constexpr std::chrono::seconds default_patience(5);

}  // namespace

TerminalProgress::TerminalProgress() : TerminalProgress(::isatty(STDOUT_FILENO) != 0, default_patience) {}

TerminalProgress::TerminalProgress(bool terminal, std::chrono::milliseconds patience) : terminal_(terminal), patience_(patience) {}

void TerminalProgress::clear_line() const {
  if (terminal_) std::cout << "\r\033[K";
}

void TerminalProgress::step_started(const std::string& id, int total, const std::string& title) {
  heading_ = "[" + id + "/" + std::to_string(total) + "] " + title;
  waiting_.clear();
  started_ = std::chrono::steady_clock::now();
  quiet_since_ = started_;
  if (terminal_) std::cout << heading_ << " ..." << std::flush;
}

void TerminalProgress::waiting(const std::string& what) {
  if (what == waiting_) return;
  if (terminal_) {
    show_in_place(what);
  } else {
    say_if_long(what);
  }
}

void TerminalProgress::show_in_place(const std::string& what) {
  waiting_ = what;
  clear_line();
  std::cout << heading_ << " ... " << what.substr(0, 100) << std::flush;
}

// A number that changes at every look is a line only now and then.
void TerminalProgress::say_if_long(const std::string& what) {
  const auto now = std::chrono::steady_clock::now();
  if (now - quiet_since_ < patience_) return;
  waiting_ = what;
  quiet_since_ = now;
  std::cout << "    waiting: " << what << "\n" << std::flush;
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
