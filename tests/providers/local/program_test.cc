// SPDX-License-Identifier: Apache-2.0
#include "providers/local/program.h"

#include <filesystem>
#include <thread>

#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/support/program.h"

namespace quorate::local {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

TEST_CASE("what a program prints is its output, and how it fails its error") {
  CHECK(output_of({"echo", "a b", "$HOME"}, steady_clock::now() + 10s).value() == "a b $HOME\n");
  CHECK(output_of({"there-is-none"}, steady_clock::now() + 10s).status().code() == absl::StatusCode::kNotFound);
  const auto failed = output_of({"sh", "-c", "echo because >&2; exit 3"}, steady_clock::now() + 10s);
  CHECK(failed.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(failed.status().message()), Catch::Contains("because"));
}

TEST_CASE("a program that does not end in time is killed") {
  const auto begin = steady_clock::now();
  CHECK(output_of({"sleep", "60"}, begin + 200ms).status().code() == absl::StatusCode::kDeadlineExceeded);
  CHECK(steady_clock::now() - begin < 10s);
}

// The number of a process that wrote it into a file.
pid_t process_in(const std::filesystem::path& file) {
  for (int i = 0; i < 500 && (!std::filesystem::exists(file) || std::filesystem::file_size(file) == 0); ++i) {
    std::this_thread::sleep_for(10ms);
  }
  return std::stoi(test::read_file(file));
}

TEST_CASE("a program in the background runs in its directory, and goes with all that it started") {
  const test::TemporaryDirectory directory;
  pid_t process = 0;
  {
    auto program = Background::start({"sh", "-c", "sleep 300 & echo $! >there; echo said; wait"}, directory.path().string(),
                                     (directory.path() / "log").string());
    REQUIRE(program.ok());
    process = process_in(directory.path() / "there");
    CHECK((*program)->runs());
    CHECK(kill(process, 0) == 0);
    CHECK(test::read_file(directory.path() / "log") == "said\n");
  }
  for (int i = 0; i < 500 && kill(process, 0) == 0; ++i) std::this_thread::sleep_for(10ms);
  CHECK(kill(process, 0) != 0);
}

TEST_CASE("a program in the background that has ended is seen, and one that is not there is an error") {
  const test::TemporaryDirectory directory;
  const std::string log = (directory.path() / "log").string();
  auto program = Background::start({"sh", "-c", "exit 1"}, directory.path().string(), log);
  REQUIRE(program.ok());
  for (int i = 0; i < 500 && (*program)->runs(); ++i) std::this_thread::sleep_for(10ms);
  CHECK_FALSE((*program)->runs());
  CHECK(Background::start({"there-is-none"}, directory.path().string(), log).status().code() == absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace quorate::local
