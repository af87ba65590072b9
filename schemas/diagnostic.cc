// SPDX-License-Identifier: Apache-2.0
#include "schemas/diagnostic.h"

#include <algorithm>

namespace quorate {

std::string Diagnostic::text() const {
  std::string place = file;
  if (line > 0) place += ":" + std::to_string(line) + ":" + std::to_string(column);
  const std::string word = severity == Severity::error ? ": error: " : ": warning: ";
  return place + word + message + (hint.empty() ? "" : " (" + hint + ")");
}

bool has_error(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& diagnostic) { return diagnostic.severity == Diagnostic::Severity::error; });
}

}  // namespace quorate
