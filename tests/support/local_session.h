// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "providers/ssh/session.h"
#include "tests/support/program.h"

namespace quorate::test {

/// A session that runs commands on this machine in a mount namespace of their own, where /etc, /var/lib, /var/log, /run and
/// /usr/local/bin are this object's: the shipped scripts with their own paths, and nothing of the machine changed.
/// Needs root (or unprivileged user namespaces).
class LocalSession : public ssh::Session {
 public:
  LocalSession();

  absl::StatusOr<ssh::CommandResult> run(const ssh::Command& command, ssh::Deadline deadline) override;
  absl::StatusOr<std::unique_ptr<ssh::Forward>> forward(const std::string& host, std::uint16_t port) override;
  [[nodiscard]] bool alive() const override { return true; }

  /// Where a path of the node is on this machine.
  [[nodiscard]] std::filesystem::path place(const std::string& path) const;

 private:
  TemporaryDirectory root_;
};

}  // namespace quorate::test
