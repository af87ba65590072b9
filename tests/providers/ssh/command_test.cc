// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>

#include <catch2/catch.hpp>

#include "providers/ssh/quote.h"
#include "tests/providers/ssh/sshd.h"

using namespace std::chrono_literals;

namespace quorate::ssh::test {

TEST_CASE("a command brings its output, its error output and its exit status") {
  const Sshd sshd;
  const auto session = sshd.connect();
  const auto result = session->run(command({"sh", "-c", "cat; echo oops >&2; exit 7"}, "one\ntwo"), in(20s));
  REQUIRE(result.ok());
  CHECK(result->output == "one\ntwo");
  CHECK(result->error_output == "oops\n");
  CHECK(result->exit_status == 7);

  SECTION("a signal is 128 + N") {
    const auto killed = session->run(command({"sh", "-c", "kill -KILL $$"}), in(20s));
    REQUIRE(killed.ok());
    CHECK(killed->exit_status == 128 + SIGKILL);
  }
  SECTION("a command that does not read its input ends well") {
    const auto deaf = session->run(command({"true"}, noise(5U << 20U)), in(20s));
    REQUIRE(deaf.ok());
    CHECK(deaf->exit_status == 0);
  }
  SECTION("more output than the limit is an error, and the session goes on") {
    Command much = command({"cat", "/dev/zero"});
    much.output_limit = 1U << 20U;
    CHECK(absl::IsFailedPrecondition(session->run(much, in(20s)).status()));
    CHECK(session->run(command({"true"}), in(20s)).ok());
  }
  SECTION("what cannot be an argument is refused here") {
    CHECK(absl::IsInvalidArgument(session->run(command({"echo", std::string("a\0b", 3)}), in(20s)).status()));
    CHECK(absl::IsInvalidArgument(session->run(command({}), in(20s)).status()));
  }
}

TEST_CASE("20 MB go each way unharmed, while the server changes keys") {
  const Sshd sshd("RekeyLimit 1M");
  const auto session = sshd.connect();
  const std::string bytes = noise(20U << 20U);
  const auto result = session->run(command({"cat"}, bytes), in(120s));
  INFO(message_of(result.status()));
  REQUIRE(result.ok());
  CHECK(result->exit_status == 0);
  CHECK(result->output == bytes);
}

TEST_CASE("a file is sent behind the input, as it is read") {
  const Sshd sshd;
  const auto session = sshd.connect();
  const quorate::test::TemporaryDirectory files;
  const std::string bytes = noise(5U << 20U);
  Command cat = command({"cat"}, "before ");
  cat.input_file = quorate::test::write_file(files.path() / "file", bytes);
  const auto result = session->run(cat, in(60s));
  REQUIRE(result.ok());
  CHECK(result->output == "before " + bytes);
  cat.input_file = (files.path() / "none").string();
  CHECK(absl::IsNotFound(session->run(cat, in(20s)).status()));
}

TEST_CASE("output goes to who takes it, and who has enough of it ends the command") {
  const Sshd sshd;
  const auto session = sshd.connect();
  Command much = command({"sh", "-c", "head -c 40000000 /dev/zero; echo well >&2; exit 3"});
  std::size_t bytes = 0;
  much.output_to = [&](std::string_view part) {
    bytes += part.size();
    return absl::OkStatus();
  };
  const auto result = session->run(much, in(60s));
  REQUIRE(result.ok());
  CHECK(bytes == 40000000);
  CHECK(result->output.empty());
  CHECK(result->error_output == "well\n");
  CHECK(result->exit_status == 3);
  Command endless = command({"cat", "/dev/zero"});
  endless.output_to = [&](std::string_view /*part*/) { return cancelled("enough"); };
  CHECK(absl::IsCancelled(session->run(endless, in(20s)).status()));
  CHECK(session->run(command({"true"}), in(20s)).ok());
}

TEST_CASE("whoever no longer waits for a command gets nothing more of it") {
  const Sshd sshd;
  const auto session = sshd.connect();
  Command endless = command({"cat", "/dev/zero"});
  std::atomic<bool> waiting = true;
  std::atomic<int> too_late = 0;
  endless.output_to = [&](std::string_view /*part*/) {
    if (!waiting) ++too_late;
    return absl::OkStatus();
  };
  for (int round = 0; round < 20; ++round) {
    waiting = true;
    CHECK(absl::IsDeadlineExceeded(session->run(endless, in(30ms)).status()));
    waiting = false;
    // The other channel is served by the same loop, after the one that was given up.
    CHECK(session->run(command({"true"}), in(20s)).ok());
  }
  CHECK(too_late == 0);
}

TEST_CASE("arguments arrive exactly and run nothing") {
  const Sshd sshd;
  const auto session = sshd.connect();
  const std::string trap = sshd.directory().path("trap");
  const std::vector<std::string> arguments{"",
                                           " ",
                                           "it's",
                                           "''",
                                           "\"",
                                           "a  b",
                                           "$(touch " + trap + ")",
                                           "`touch " + trap + "`",
                                           "$HOME",
                                           "; touch " + trap,
                                           "\ntouch " + trap + "\n",
                                           "-rf",
                                           "--",
                                           "*",
                                           "~",
                                           "\\",
                                           "\\'",
                                           "!x",
                                           "\t",
                                           "\x01\x7f\xff",
                                           "é"};
  std::vector<std::string> all{"printf", "<%s>"};
  std::string expected;
  for (const auto& argument : arguments) {
    all.push_back(argument);
    expected += "<" + argument + ">";
  }
  const auto result = session->run(command(all), in(20s));
  REQUIRE(result.ok());
  CHECK(result->output == expected);
  CHECK(read_file(trap).empty());
  CHECK(run_locally({"sh", "-c", "test ! -e " + trap}).empty());
}

TEST_CASE("a command that hangs ends by its deadline and leaves the session usable") {
  const Sshd sshd;
  const auto session = sshd.connect();
  const auto began = Clock::now();
  CHECK(absl::IsDeadlineExceeded(session->run(command({"sleep", "60"}), in(300ms)).status()));
  CHECK(Clock::now() - began < 5s);
  CHECK(absl::IsDeadlineExceeded(session->run(command({"true"}), Clock::now()).status()));
  const auto result = session->run(command({"echo", "still here"}), in(20s));
  REQUIRE(result.ok());
  CHECK(result->output == "still here\n");
  CHECK(session->alive());
}

TEST_CASE("commands of many threads run at once") {
  const Sshd sshd;
  const auto session = sshd.connect();
  std::vector<std::string> outputs(20);
  std::vector<std::thread> threads;
  for (std::size_t index = 0; index < outputs.size(); ++index) {
    threads.emplace_back([&, index] {
      const std::string text = noise(200000, static_cast<unsigned>(index + 1));
      const auto result = session->run(command({"cat"}, text), in(60s));
      outputs[index] = result.ok() && result->output == text ? "" : "bad: " + message_of(result.status());
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& output : outputs) CHECK(output.empty());
}

TEST_CASE("a frozen sshd holds nobody past the deadline") {
  const Sshd sshd;
  const auto session = sshd.connect();
  const int server = server_process(*session);
  kill(server, SIGSTOP);
  const auto began = Clock::now();
  // More than all buffers on the way: writing must not block the loop either.
  const auto result = session->run(command({"cat"}, noise(16U << 20U)), in(700ms));
  CHECK(absl::IsDeadlineExceeded(result.status()));
  CHECK(Clock::now() - began < 5s);
  SECTION("it goes on when sshd does") {
    kill(server, SIGCONT);
    CHECK(session->run(command({"true"}), in(20s)).ok());
  }
  SECTION("after 15 seconds of silence it is gone") {
    const auto late = session->run(command({"true"}), in(40s));
    CHECK(absl::IsUnavailable(late.status()));
    CHECK_FALSE(session->alive());
    kill(server, SIGCONT);
  }
}

TEST_CASE("a session whose sshd is killed ends its commands") {
  const Sshd sshd;
  const auto session = sshd.connect();
  const int server = server_process(*session);
  std::thread killer([&] {
    std::this_thread::sleep_for(300ms);
    kill(server, SIGKILL);
  });
  const auto result = session->run(command({"sleep", "5"}), in(30s));
  killer.join();
  CHECK(absl::IsUnavailable(result.status()));
  CHECK(absl::IsUnavailable(session->run(command({"true"}), in(5s)).status()));
  CHECK_FALSE(session->alive());
  CHECK_FALSE(session->forward("127.0.0.1", 1).ok());
}

TEST_CASE("an idle session stays up past the silence that would end it") {
  const Sshd sshd;
  const auto session = sshd.connect();
  std::this_thread::sleep_for(17s);
  CHECK(session->run(command({"true"}), in(5s)).ok());
}

TEST_CASE("sudo is put before the command") {
  const Sshd sshd;
  Target target = sshd.target();
  target.sudo = true;
  const auto session = sshd.connect(target);
  const auto result = session->run(command({"sh", "-c", "id -u; echo \"$SUDO_COMMAND\""}), in(20s));
  REQUIRE(result.ok());
  INFO(result->error_output);
  CHECK(result->output.starts_with("0\n/"));
}

}  // namespace quorate::ssh::test
