// SPDX-License-Identifier: Apache-2.0
#include "schemas/json_scanner.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "schemas/utf8.h"

namespace quorate {
namespace {

constexpr std::string_view white_space = " \t\r\n";

bool is_surrogate(unsigned int unit, unsigned int first) { return unit >= first && unit < first + 0x400; }

}  // namespace

void JsonScanner::fail_at(std::size_t offset, const std::string& message) {
  if (failed()) return;
  const std::string_view before = text_.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;
  error_ = "line " + std::to_string(line) + ", column " + std::to_string(offset - line_start + 1) + ": " + message;
}

std::size_t JsonScanner::offset() {
  next_ = std::min(text_.find_first_not_of(white_space, next_), text_.size());
  return next_;
}

bool JsonScanner::is_at_end() { return offset() == text_.size(); }

bool JsonScanner::take(char character) {
  if (failed() || is_at_end() || text_[next_] != character) return false;
  ++next_;
  return true;
}

bool JsonScanner::expect(char character) {
  if (take(character)) return true;
  fail(std::string("expected '") + character + "', found " + name_of_next());
  return false;
}

std::string JsonScanner::name_of_next() {
  if (is_at_end()) return "the end of the text";
  switch (text_[next_]) {
    case '{': return "an object";
    case '[': return "a list";
    case '"': return "a string";
    default: break;
  }
  JsonScanner ahead = *this;
  const std::string word = ahead.take_word();
  return quoted(word.empty() ? text_.substr(next_, 1) : std::string_view(word));
}

std::string JsonScanner::take_word() {
  const std::size_t start = offset();
  if (failed()) return "";
  while (next_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[next_])) != 0 ||
                                  std::string_view("+-.").find(text_[next_]) != std::string_view::npos)) {
    ++next_;
  }
  return std::string(text_.substr(start, next_ - start));
}

std::optional<std::string> JsonScanner::take_string() {
  const std::size_t start = offset();
  if (failed()) return std::nullopt;
  if (!take('"')) {
    fail("expected a string, found " + name_of_next());
    return std::nullopt;
  }
  std::string value;
  while (next_ < text_.size() && text_[next_] != '"') {
    if (!append_character(&value)) return std::nullopt;
  }
  if (next_ == text_.size()) {
    fail_at(start, "the string that begins here is never closed");
    return std::nullopt;
  }
  ++next_;
  return value;
}

bool JsonScanner::append_character(std::string* value) {
  if (text_[next_] == '\\') return append_escape(value);
  const std::size_t length = utf8_length(text_, next_);
  if (length == 0) fail_at(next_, "this is not UTF-8 text");
  if (static_cast<unsigned char>(text_[next_]) < 0x20) fail_at(next_, "a control character in a string");
  value->append(text_.substr(next_, length));
  next_ += length;
  return !failed();
}

bool JsonScanner::append_escape(std::string* value) {
  static constexpr std::string_view letters = "\"\\/bfnrt";
  static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  const char letter = next_ + 1 < text_.size() ? text_[next_ + 1] : ' ';
  if (letter == 'u') return append_code_point(value);
  const std::size_t index = letters.find(letter);
  if (index == std::string_view::npos) {
    fail_at(next_, "an unknown escape in a string");
    return false;
  }
  value->push_back(meanings[index]);
  next_ += 2;
  return true;
}

bool JsonScanner::append_code_point(std::string* value) {
  const std::size_t start = next_;
  std::optional<unsigned int> unit = take_hex();
  if (unit && is_surrogate(*unit, 0xD800)) {
    const std::optional<unsigned int> low = take_hex();
    const bool is_pair = low && is_surrogate(*low, 0xDC00);
    unit = is_pair ? std::optional(0x10000 + ((*unit - 0xD800) << 10U) + (*low - 0xDC00)) : std::nullopt;
  }
  if (!unit || is_surrogate(*unit, 0xDC00)) {
    fail_at(start, "an escape that is no character");
    return false;
  }
  append_utf8(*unit, value);
  return true;
}

std::optional<unsigned int> JsonScanner::take_hex() {
  unsigned int unit = 0;
  if (text_.substr(next_, 2) != "\\u" || next_ + 6 > text_.size()) return std::nullopt;
  const char* begin = text_.data() + next_ + 2;
  const auto [rest, error] = std::from_chars(begin, begin + 4, unit, 16);
  if (error != std::errc() || rest != begin + 4) return std::nullopt;
  next_ += 6;
  return unit;
}

}  // namespace quorate
