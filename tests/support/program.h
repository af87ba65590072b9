// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace quorate::test {

/// A directory that is gone when the test ends, however it ends.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Writes a file, mode 0600, and returns its path.
std::string write_file(const std::filesystem::path& path, const std::string& content);
std::string read_file(const std::filesystem::path& path);

/// Runs a program and returns what it printed, stderr too; throws where it fails.
std::string run(const std::vector<std::string>& arguments);

/// A program that runs until it is stopped; killed with the object, and with the test where that dies first.
class Process {
 public:
  /// stdout and stderr go to `log`.
  Process(const std::vector<std::string>& arguments, const std::filesystem::path& log);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  void freeze() const;
  void thaw() const;

 private:
  int pid_;
};

}  // namespace quorate::test
