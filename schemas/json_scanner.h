// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace quorate {

/// Reads JSON's smallest parts (RFC 8259) from a text, one after the other, and remembers the first thing that is
/// wrong. After that every call is without effect.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  /// Takes the character if it is next, after white space.
  bool take(char character);
  /// As `take`, but not finding it is an error.
  bool expect(char character);
  /// A string's content. Escapes are resolved; half a surrogate pair, control characters and bad UTF-8 are errors.
  std::optional<std::string> take_string();
  /// `true`, `false`, `null` or a number, as it is written; empty where something else is next.
  std::string take_word();
  /// What is next, named for a message: `a string`, `a list`, ...
  [[nodiscard]] std::string name_of_next();
  [[nodiscard]] bool is_at_end();

  /// Where the next part begins, after white space.
  std::size_t offset();
  void fail(const std::string& message) { fail_at(offset(), message); }
  void fail_at(std::size_t offset, const std::string& message);

  [[nodiscard]] bool failed() const { return !error_.empty(); }
  /// `line 3, column 9: ...`
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  bool append_character(std::string* value);
  bool append_escape(std::string* value);
  bool append_code_point(std::string* value);
  std::optional<unsigned int> take_hex();

  std::string_view text_;
  std::size_t next_ = 0;
  std::string error_;
};

}  // namespace quorate
