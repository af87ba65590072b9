// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/quote.h"

namespace quorate::ssh {
namespace {

// Between single quotes every shell takes every byte as it stands, the newline too; only the quote itself must step
// outside.
std::string quote_one(const std::string& argument) {
  std::string quoted = "'";
  for (const char byte : argument) {
    if (byte == '\'') {
      quoted += "'\\''";
    } else {
      quoted += byte;
    }
  }
  return quoted + "'";
}

}  // namespace

absl::StatusOr<std::string> quote(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return invalid("a command without arguments");
  std::string line;
  for (const auto& argument : arguments) {
    if (argument.find('\0') != std::string::npos) return invalid("a NUL byte in an argument of `" + arguments[0] + "`");
    if (!line.empty()) line += ' ';
    line += quote_one(argument);
  }
  return line;
}

}  // namespace quorate::ssh
