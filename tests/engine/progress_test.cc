// SPDX-License-Identifier: Apache-2.0
// What a run says while a step waits, on a terminal and elsewhere.
#include <iostream>
#include <sstream>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "engine/cli/terminal_progress.h"

namespace quorate {
namespace {

using std::chrono::milliseconds;

/// What goes to standard output while it lives.
class Captured {
 public:
  Captured() : before_(std::cout.rdbuf(text_.rdbuf())) {}
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  ~Captured() { std::cout.rdbuf(before_); }
  [[nodiscard]] std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

const std::string behind = "node3 is within 100 entries of the leader (it is 4711 entries behind)";

std::string said_in_a_log(milliseconds patience) {
  const Captured captured;
  cli::TerminalProgress progress(false, patience);
  progress.step_started("1", 2, "wait");
  progress.waiting(behind);
  progress.waiting(behind);
  progress.waiting("another");
  return captured.text();
}

TEST_CASE("without a terminal a long wait is a line for each thing that is waited for", "[progress]") {
  CHECK(said_in_a_log(milliseconds(0)) == "    waiting: " + behind + "\n    waiting: another\n");
}

TEST_CASE("without a terminal a short wait is passed over", "[progress]") { CHECK(said_in_a_log(std::chrono::hours(1)).empty()); }

TEST_CASE("without a terminal a step that waits for the same all along says it once it has waited for long", "[progress]") {
  const Captured captured;
  cli::TerminalProgress progress(false, milliseconds(20));
  progress.step_started("1", 2, "wait");
  progress.waiting(behind);
  CHECK(captured.text().empty());
  std::this_thread::sleep_for(milliseconds(30));
  progress.waiting(behind);
  CHECK(captured.text() == "    waiting: " + behind + "\n");
}

TEST_CASE("on a terminal how far a learner is behind is shown at once, in place", "[progress]") {
  const Captured captured;
  cli::TerminalProgress progress(true, std::chrono::hours(1));
  progress.step_started("1", 2, "wait");
  progress.waiting(behind);
  CHECK(captured.text().find("it is 4711 entries behind") != std::string::npos);
}

}  // namespace
}  // namespace quorate
