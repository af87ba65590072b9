// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quorate::node {

/// What is not UTF-8 replaced by U+FFFD: a node's bytes go into records, whose strings are UTF-8.
std::string to_utf8(std::string_view bytes);
bool is_utf8(std::string_view bytes);

/// The lines without their newlines; the last one need not end with one.
std::vector<std::string_view> split_lines(std::string_view text);
/// The words between spaces and tabs.
std::vector<std::string_view> split_words(std::string_view line);

/// Decimal digits and nothing else, that fit.
std::optional<std::uint64_t> to_number(std::string_view text);

/// The first line, without control characters and not over `limit` bytes: for a message.
std::string quote_line(std::string_view text, std::size_t limit = 200);

}  // namespace quorate::node
