// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace quorate {

/// A mistake in what a person wrote: where, what is wrong, and what would be right. All of a file are collected.
struct Diagnostic {
  enum class Severity { error, warning };

  Severity severity = Severity::error;
  std::string file;
  int line = 0;    ///< from 1; 0: the whole file
  int column = 0;  ///< from 1, in bytes
  std::string message;
  std::string hint;  ///< what would be right; may be empty

  /// `cluster.yaml:12:9: error: message (hint)`
  [[nodiscard]] std::string text() const;
};

using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] bool has_error(const Diagnostics& diagnostics);

}  // namespace quorate
