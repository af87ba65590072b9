// SPDX-License-Identifier: Apache-2.0
#include "schemas/utf8.h"

#include <algorithm>

namespace quorate {
namespace {

constexpr std::size_t shown_bytes = 60;

unsigned int byte_at(std::string_view text, std::size_t offset) {
  return offset < text.size() ? static_cast<unsigned char>(text[offset]) : 0U;
}

bool between(unsigned int byte, unsigned int low, unsigned int high) { return byte >= low && byte <= high; }

bool continued(std::string_view text, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    if (!between(byte_at(text, i), 0x80, 0xBF)) return false;
  }
  return true;
}

// The second byte's range is what excludes overlong forms and surrogates: Unicode, table 3-7.
bool second_byte_fits(unsigned int first, unsigned int second) {
  if (first == 0xE0) return between(second, 0xA0, 0xBF);
  if (first == 0xED) return between(second, 0x80, 0x9F);
  if (first == 0xF0) return between(second, 0x90, 0xBF);
  if (first == 0xF4) return between(second, 0x80, 0x8F);
  return between(second, 0x80, 0xBF);
}

std::string control_escape(unsigned int byte) {
  static constexpr std::string_view digits = "0123456789abcdef";
  if (byte == '\n') return "\\n";
  if (byte == '\t') return "\\t";
  if (byte == '\r') return "\\r";
  return std::string("\\u00") + digits[byte >> 4U] + digits[byte & 15U];
}

std::string character(std::string_view text, std::size_t offset, std::size_t length) {
  const unsigned int byte = byte_at(text, offset);
  if (length == 0) return "\xEF\xBF\xBD";
  if (byte < 0x20 || byte == 0x7F) return control_escape(byte);
  if (byte == '"' || byte == '\\') return std::string("\\") + text[offset];
  return std::string(text.substr(offset, length));
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t offset) {
  const unsigned int first = byte_at(text, offset);
  if (offset >= text.size()) return 0;
  if (first < 0x80) return 1;
  std::size_t length = 0;
  if (between(first, 0xC2, 0xDF)) length = 2;
  if (between(first, 0xE0, 0xEF)) length = 3;
  if (between(first, 0xF0, 0xF4)) length = 4;
  if (length == 0 || !second_byte_fits(first, byte_at(text, offset + 1))) return 0;
  return continued(text, offset + 2, offset + length) ? length : 0;
}

void append_utf8(unsigned int code_point, std::string* text) {
  const auto add = [text](unsigned int byte) { text->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) return add(code_point);
  if (code_point < 0x800) {
    add(0xC0U | (code_point >> 6U));
  } else if (code_point < 0x10000) {
    add(0xE0U | (code_point >> 12U));
    add(0x80U | ((code_point >> 6U) & 0x3FU));
  } else {
    add(0xF0U | (code_point >> 18U));
    add(0x80U | ((code_point >> 12U) & 0x3FU));
    add(0x80U | ((code_point >> 6U) & 0x3FU));
  }
  add(0x80U | (code_point & 0x3FU));
}

std::string json_quoted(std::string_view text) {
  std::string result = "\"";
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t length = utf8_length(text, offset);
    result += character(text, offset, length);
    offset += length == 0 ? 1 : length;
  }
  return result + "\"";
}

std::string on_one_line(std::string text) {
  const auto controls = [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; };
  std::replace_if(text.begin(), text.end(), controls, '?');
  return text;
}

std::string quoted(std::string_view text) {
  if (text.size() <= shown_bytes) return json_quoted(text);
  std::size_t end = 0;
  while (end < shown_bytes) end += std::max<std::size_t>(1, utf8_length(text, end));
  return json_quoted(text.substr(0, end)) + "...";
}

}  // namespace quorate
