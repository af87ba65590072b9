// SPDX-License-Identifier: Apache-2.0
#include "tests/providers/ssh/echo_server.h"

#include <cerrno>
#include <cstring>
#include <functional>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>

#include "providers/ssh/socket.h"

namespace quorate::ssh::test {

EchoServer::EchoServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(bind(listener_.get(), generic, size) == 0);
  REQUIRE(listen(listener_.get(), 200) == 0);
  REQUIRE(getsockname(listener_.get(), generic, &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

EchoServer::~EchoServer() {
  ended_ = true;
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

void EchoServer::accept_all() {
  while (!ended_) {
    pollfd waiting{listener_.get(), POLLIN, 0};
    if (poll(&waiting, 1, 50) <= 0) continue;
    const int connection = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    ++open_;
    threads_.emplace_back([this, connection] { echo(connection); });
  }
}

void EchoServer::echo(int connection) {
  const Descriptor owner(connection);
  std::vector<char> chunk(1UL << 16U);
  while (!ended_) {
    pollfd waiting{connection, POLLIN, 0};
    if (poll(&waiting, 1, 50) <= 0) continue;
    const ssize_t got = recv(connection, chunk.data(), chunk.size(), 0);
    if (got <= 0) break;
    for (ssize_t sent = 0; sent < got;) {
      const ssize_t now = send(connection, chunk.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
      if (now < 0) break;
      sent += now;
    }
  }
  --open_;
}

Descriptor connect_unix(const std::string& path) {
  Descriptor connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (connect(connection.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) connection.reset();
  return connection;
}

std::string exchange(int connection, const std::string& bytes, std::size_t expected, bool half_close) {
  set_nonblocking(connection);
  std::string received;
  std::vector<char> chunk(1UL << 18U);
  std::size_t sent = 0;
  bool ended = false;
  while (received.size() < expected || half_close) {
    const bool sending = sent < bytes.size();
    pollfd waiting{connection, static_cast<short>(POLLIN | (sending ? POLLOUT : 0)), 0};
    if (poll(&waiting, 1, 30000) <= 0) break;
    if (sending && (waiting.revents & POLLOUT) != 0) {
      const ssize_t now = send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (now < 0 && errno != EAGAIN) break;
      if (now > 0) sent += static_cast<std::size_t>(now);
    }
    if (half_close && !ended && sent == bytes.size()) {
      shutdown(connection, SHUT_WR);
      ended = true;
    }
    const ssize_t got = recv(connection, chunk.data(), chunk.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) break;
    if (got > 0) received.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return received;
}

}  // namespace quorate::ssh::test
