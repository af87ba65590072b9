// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "providers/ssh/socket.h"
#include "tests/providers/ssh/echo_server.h"
#include "tests/providers/ssh/sshd.h"

using namespace std::chrono_literals;

namespace quorate::ssh::test {
namespace {

template <typename Condition>
bool comes_true(Condition condition, std::chrono::milliseconds time = 10s) {
  const Deadline deadline = in(time);
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

std::unique_ptr<Forward> open_forward(Session& session, std::uint16_t port) {
  auto forward = session.forward("127.0.0.1", port);
  REQUIRE(forward.ok());
  return std::move(*forward);
}

int relay_processes(const EchoServer& echo) {
  const std::string pattern = "quorate-relay 127.0.0.1 " + std::to_string(echo.port());
  return std::stoi(run_locally({"sh", "-c", "pgrep -fc -- \"$1\" || true", "sh", pattern})) - 1;
}

}  // namespace

TEST_CASE("a forward carries 50 MB each way unharmed, while the server changes keys") {
  const Sshd sshd("RekeyLimit 1M");
  const EchoServer echo;
  const auto session = sshd.connect();
  const auto forward = open_forward(*session, echo.port());
  const std::string bytes = noise(50U << 20U);
  const Descriptor connection = connect_unix(forward->socket_path());
  REQUIRE(connection.valid());
  // The end of one half goes through, and all of the answer still comes.
  CHECK((exchange(connection.get(), bytes, bytes.size(), true) == bytes));
  CHECK_FALSE(forward->relayed());
}

TEST_CASE("where sshd forbids forwarding, the same bytes go through a command") {
  const Sshd sshd("DisableForwarding yes\nRekeyLimit 1M");
  const EchoServer echo;
  const auto session = sshd.connect();
  const auto forward = open_forward(*session, echo.port());
  const std::string bytes = noise(20U << 20U);
  {
    const Descriptor connection = connect_unix(forward->socket_path());
    CHECK((exchange(connection.get(), bytes, bytes.size(), false) == bytes));
    CHECK(forward->relayed());
    const Descriptor second = connect_unix(forward->socket_path());
    CHECK(exchange(second.get(), "again", 5, false) == "again");
    CHECK(echo.open_connections() == 2);
    CHECK(relay_processes(echo) > 0);
  }
  CHECK(comes_true([&] { return echo.open_connections() == 0; }));
  CHECK(comes_true([&] { return relay_processes(echo) == 0; }));

  SECTION("nothing stays behind when the session ends") {
    const auto other = sshd.connect();
    auto through = open_forward(*other, echo.port());
    const Descriptor connection = connect_unix(through->socket_path());
    CHECK(exchange(connection.get(), "x", 1, false) == "x");
    kill(server_process(*other), SIGKILL);
    CHECK(comes_true([&] { return relay_processes(echo) == 0; }));
    CHECK(exchange(connection.get(), "", 1, false).empty());
  }
  SECTION("a closed port closes the connection") {
    const auto closed = open_forward(*session, free_port());
    const Descriptor connection = connect_unix(closed->socket_path());
    CHECK(exchange(connection.get(), "x", 1, false).empty());
  }
}

TEST_CASE("many connections at once") {
  const Sshd sshd;
  const EchoServer echo;
  const auto session = sshd.connect();
  const auto forward = open_forward(*session, echo.port());
  std::vector<int> good(40);
  std::vector<std::thread> threads;
  for (std::size_t index = 0; index < good.size(); ++index) {
    threads.emplace_back([&, index] {
      const std::string bytes = noise(500000, static_cast<unsigned>(index + 1));
      const Descriptor connection = connect_unix(forward->socket_path());
      good[index] = exchange(connection.get(), bytes, bytes.size(), index % 2 == 0) == bytes ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int each : good) CHECK(each == 1);
  CHECK(comes_true([&] { return echo.open_connections() == 0; }));
}

TEST_CASE("a forward to a closed port closes the connection, and the session goes on") {
  const Sshd sshd;
  const EchoServer echo;
  const auto session = sshd.connect();
  const auto closed = open_forward(*session, free_port());
  for (int attempt = 0; attempt < 3; ++attempt) {
    const Descriptor connection = connect_unix(closed->socket_path());
    CHECK(exchange(connection.get(), "x", 1, false).empty());
  }
  CHECK_FALSE(closed->relayed());
  CHECK(session->run(command({"true"}), in(20s)).ok());
}

TEST_CASE("a forward's socket is private, and goes with it") {
  const Sshd sshd;
  const EchoServer echo;
  const auto session = sshd.connect();
  auto forward = open_forward(*session, echo.port());
  const std::string path = forward->socket_path();
  const std::string directory = path.substr(0, path.rfind('/'));
  struct stat status {};
  REQUIRE(stat(directory.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0700U);
  const Descriptor connection = connect_unix(path);
  CHECK(exchange(connection.get(), "x", 1, false) == "x");
  forward.reset();
  CHECK(stat(directory.c_str(), &status) != 0);
  // Its connections end too.
  CHECK(exchange(connection.get(), "", 1, false).empty());
}

TEST_CASE("a session killed in the middle ends its forwards") {
  const Sshd sshd;
  const EchoServer echo;
  const auto session = sshd.connect();
  const auto forward = open_forward(*session, echo.port());
  const int server = server_process(*session);
  const Descriptor connection = connect_unix(forward->socket_path());
  std::thread killer([&] {
    std::this_thread::sleep_for(200ms);
    kill(server, SIGKILL);
  });
  const std::string bytes = noise(200U << 20U);
  CHECK(exchange(connection.get(), bytes, bytes.size(), false).size() < bytes.size());
  killer.join();
  CHECK(comes_true([&] { return !session->alive(); }));
}

TEST_CASE("a reader that is slow makes the sender wait and loses nothing") {
  const Sshd sshd;
  const EchoServer echo;
  const auto session = sshd.connect();
  const auto forward = open_forward(*session, echo.port());
  const Descriptor connection = connect_unix(forward->socket_path());
  set_nonblocking(connection.get());
  const std::string bytes = noise(120U << 20U);
  std::size_t sent = 0;
  // Nothing is read meanwhile: the buffers on the way fill up until nothing more is taken.
  while (sent < bytes.size()) {
    pollfd waiting{connection.get(), POLLOUT, 0};
    if (poll(&waiting, 1, 2000) == 0) break;
    const ssize_t now = send(connection.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    REQUIRE(now > 0);
    sent += static_cast<std::size_t>(now);
  }
  CHECK(sent < bytes.size());
  // Other work gets through beside it.
  CHECK(session->run(command({"true"}), in(30s)).ok());
  const std::string received = exchange(connection.get(), "", sent, false);
  CHECK((received == bytes.substr(0, sent)));
}

}  // namespace quorate::ssh::test
