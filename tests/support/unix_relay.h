// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <string>
#include <thread>

namespace quorate::test {

/// Stands for an SSH forward: connections to a unix socket are passed on to a TCP address, byte by byte.
class UnixRelay {
 public:
  UnixRelay(std::string socket_path, std::string address, int port);
  UnixRelay(const UnixRelay&) = delete;
  UnixRelay& operator=(const UnixRelay&) = delete;
  ~UnixRelay();

 private:
  struct Pair {
    int here;
    int there;
  };

  void serve(const std::stop_token& stop);
  void accept_one();
  [[nodiscard]] int connect_onwards() const;

  std::string socket_path_;
  std::string address_;
  int port_;
  int listener_;
  std::list<Pair> pairs_;
  std::jthread thread_;
};

/// A unix socket that accepts into its queue and never answers.
class SilentSocket {
 public:
  explicit SilentSocket(const std::string& socket_path);
  SilentSocket(const SilentSocket&) = delete;
  SilentSocket& operator=(const SilentSocket&) = delete;
  ~SilentSocket();

 private:
  int listener_;
};

}  // namespace quorate::test
