// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quorate {

/// How many bytes of the text, from `offset`, are one well-formed UTF-8 character; 0: none are. Overlong forms,
/// surrogates and what is beyond U+10FFFF are not well-formed (RFC 3629).
std::size_t utf8_length(std::string_view text, std::size_t offset);

/// Appends a code point up to U+10FFFF.
void append_utf8(unsigned int code_point, std::string* text);

/// What a person wrote, quoted for a message: control characters as escapes, cut off after 60 bytes.
std::string quoted(std::string_view text);

/// What a machine says of itself, for a person's terminal, or for a line of a script: each control character becomes `?`.
std::string on_one_line(std::string text);

/// A JSON string with its quotes, which is a YAML double-quoted scalar too. Bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace quorate
