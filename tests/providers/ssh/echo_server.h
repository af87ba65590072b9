// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "providers/local/descriptor.h"

namespace quorate::ssh::test {

/// Listens on a loopback port and sends back what it gets, until the end of it.
class EchoServer {
 public:
  EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  ~EchoServer();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Connections that are open now.
  [[nodiscard]] int open_connections() const { return open_; }

 private:
  void accept_all();
  void echo(int connection);

  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ended_ = false;
  std::atomic<int> open_ = 0;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A connection to a unix socket.
Descriptor connect_unix(const std::string& path);

/// Sends all the bytes while it reads; what came back. It stops reading after `expected` bytes or at the end; with
/// `half_close` it ends its sending side and reads to the end.
std::string exchange(int connection, const std::string& bytes, std::size_t expected, bool half_close);

}  // namespace quorate::ssh::test
