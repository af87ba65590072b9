// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "providers/ssh/connect.h"
#include "providers/ssh/session.h"
#include "tests/support/program.h"

namespace quorate::ssh::test {

inline Deadline in(std::chrono::milliseconds time) { return Clock::now() + time; }

using quorate::test::read_file;

/// The files of a test, by name.
class Directory {
 public:
  [[nodiscard]] std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  /// Writes a file; the path of it.
  std::string put(const std::string& name, const std::string& content, unsigned mode = 0600) const;

 private:
  quorate::test::TemporaryDirectory directory_;
};

/// Runs a local program that must succeed; its output.
std::string run_locally(const std::vector<std::string>& arguments);

/// A real sshd on a loopback port, with keys and files of its own.
class Sshd {
 public:
  /// `options`: more lines of its configuration.
  explicit Sshd(const std::string& options = "");
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;
  ~Sshd();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const Directory& directory() const { return directory_; }
  /// The target that logs in: this user, the right identity and a known_hosts file with all of its keys.
  [[nodiscard]] Target target() const;
  /// A line for a known_hosts file.
  [[nodiscard]] std::string known_host(const std::string& key_type) const;
  /// Connects with the target, or fails the test.
  [[nodiscard]] std::unique_ptr<Session> connect() const { return connect(target()); }
  [[nodiscard]] std::unique_ptr<Session> connect(const Target& target) const;
  /// Surroundings whose ssh reads `configuration` and nothing else.
  [[nodiscard]] Surroundings surroundings(const std::string& configuration = "") const;

  /// To the processes that serve connections; the listener gets none.
  void signal_sessions(int number) const;

 private:
  void start();

  Directory directory_;
  std::uint16_t port_ = 0;
  int process_ = 0;
};

/// The process of sshd's that serves this session.
int server_process(Session& session);

/// A command of these arguments.
Command command(std::vector<std::string> arguments, std::string input = "");

/// Bytes that look like nothing and are the same every time.
std::string noise(std::size_t size, unsigned seed = 1);

/// A free port of the loopback interface on which nobody listens.
std::uint16_t free_port();

}  // namespace quorate::ssh::test
