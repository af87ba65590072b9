// SPDX-License-Identifier: Apache-2.0
#include "schemas/yaml_splice.h"

#include <algorithm>
#include <optional>

#include "schemas/utf8.h"

namespace quorate {
namespace {

absl::Status not_understood(const YamlNode& node) {
  return invalid("line " + std::to_string(node.place.line) + ", column " + std::to_string(node.place.column) +
                 ": written in a way that is not edited");
}

// After the scalar's last byte; absent where it is not wholly on one line.
std::optional<std::size_t> scalar_end(const std::string& text, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar || node.is_alias || node.offset >= text.size()) return std::nullopt;
  const char first = text[node.offset];
  if (!node.is_quoted) {
    const bool is_as_read = text.compare(node.offset, node.text.size(), node.text) == 0;
    return is_as_read ? std::optional(node.offset + node.text.size()) : std::nullopt;
  }
  if (first != '"' && first != '\'') return std::nullopt;
  const std::optional<std::size_t> end = quoted_scalar_end(text, node.offset);
  if (!end || text.substr(node.offset, *end - node.offset).find('\n') != std::string::npos) return std::nullopt;
  return end;
}

std::string single_quoted(const std::string& value) {
  std::string result = "'";
  for (const char character : value) result += character == '\'' ? "''" : std::string(1, character);
  return result + "'";
}

// Written like `pattern`, an existing scalar beside or below it.
std::string rendered(const std::string& text, const YamlNode& pattern, bool in_flow, const std::string& value) {
  const char quote = pattern.is_quoted ? text[pattern.offset] : ' ';
  const bool is_printable = std::all_of(value.begin(), value.end(), [](char character) {
    return static_cast<unsigned char>(character) >= 0x20 && character != 0x7F;
  });
  if (quote == '\'' && is_printable) return single_quoted(value);
  const bool is_plain = quote == ' ' && may_stand_plain(value, in_flow ? YamlContext::flow : YamlContext::block);
  return is_plain ? value : json_quoted(value);
}

std::size_t line_start(const std::string& text, std::size_t offset) { return offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1; }

// Behind the line break, or the end of the text.
std::size_t line_end(const std::string& text, std::size_t offset) {
  const std::size_t found = text.find('\n', offset);
  return found == std::string::npos ? text.size() : found + 1;
}

// `    - `, what stands before a block list's item in its line; absent where there is more than the dash.
std::optional<std::string> item_prefix(const std::string& text, const YamlNode& item) {
  const std::size_t start = line_start(text, item.offset);
  const std::string prefix = text.substr(start, item.offset - start);
  const std::size_t dash = prefix.find_first_not_of(' ');
  if (dash == std::string::npos || prefix[dash] != '-') return std::nullopt;
  const bool is_alone = prefix.find_first_not_of(" \t", dash + 1) == std::string::npos;
  return is_alone ? std::optional(prefix) : std::nullopt;
}

std::string line_break_of(const std::string& text) {
  const std::size_t first = text.find('\n');
  return first != std::string::npos && first > 0 && text[first - 1] == '\r' ? "\r\n" : "\n";
}

absl::StatusOr<std::string> insert_line(const std::string& text, const YamlNode& list, std::size_t index,
                                        const std::string& value) {
  const bool is_first = index == 0;
  const YamlNode& neighbour = list.values[is_first ? 0 : index - 1];
  const std::optional<std::string> prefix = item_prefix(text, neighbour);
  const std::optional<std::size_t> end = scalar_end(text, neighbour);
  if (!prefix || !end) return not_understood(neighbour);
  const std::size_t place = is_first ? line_start(text, neighbour.offset) : line_end(text, *end);
  std::string line = *prefix + rendered(text, neighbour, false, value);
  const bool is_after_break = place == 0 || text[place - 1] == '\n';
  line = is_after_break ? line + line_break_of(text) : line_break_of(text) + line;
  return text.substr(0, place) + line + text.substr(place);
}

// What is between two items of a flow list, if it is nothing but the comma and white space.
std::optional<std::string> gap(const std::string& text, const YamlNode& left, const YamlNode& right) {
  const std::optional<std::size_t> end = scalar_end(text, left);
  if (!end || *end > right.offset) return std::nullopt;
  const std::string between = text.substr(*end, right.offset - *end);
  const bool is_plain = between.find_first_not_of(" \t\r\n,") == std::string::npos;
  return is_plain && std::count(between.begin(), between.end(), ',') == 1 ? std::optional(between) : std::nullopt;
}

std::string usual_gap(const std::string& text, const YamlNode& list) {
  if (list.values.size() < 2) return ", ";
  return gap(text, list.values[0], list.values[1]).value_or(", ");
}

absl::StatusOr<std::string> insert_between(const std::string& text, const YamlNode& list, std::size_t index,
                                           const std::string& value) {
  const bool is_first = index == 0;
  const YamlNode& neighbour = list.values[is_first ? 0 : index - 1];
  const std::optional<std::size_t> end = scalar_end(text, neighbour);
  if (!end) return not_understood(neighbour);
  const std::string added = rendered(text, neighbour, true, value);
  const std::string separator = usual_gap(text, list);
  const std::size_t place = is_first ? neighbour.offset : *end;
  return text.substr(0, place) + (is_first ? added + separator : separator + added) + text.substr(place);
}

absl::StatusOr<std::string> remove_line(const std::string& text, const YamlNode& item) {
  const std::optional<std::size_t> end = scalar_end(text, item);
  if (!end || !item_prefix(text, item)) return not_understood(item);
  std::size_t from = line_start(text, item.offset);
  const std::size_t to = line_end(text, *end);
  const std::string rest = text.substr(*end, to - *end);
  const std::size_t other = rest.find_first_not_of(" \t\r\n");
  if (other != std::string::npos && rest[other] != '#') return not_understood(item);
  // The last line of a text without a last line break takes the one before with it.
  if (text[to - 1] != '\n' && from > 0) from -= from > 1 && text[from - 2] == '\r' ? 2 : 1;
  return text.substr(0, from) + text.substr(to);
}

absl::StatusOr<std::string> remove_between(const std::string& text, const YamlNode& list, std::size_t index) {
  const YamlNode& item = list.values[index];
  const std::optional<std::size_t> end = scalar_end(text, item);
  const bool is_last = index + 1 == list.values.size();
  const YamlNode& left = is_last ? list.values[index - 1] : item;
  const YamlNode& right = is_last ? item : list.values[index + 1];
  if (!end || !gap(text, left, right)) return not_understood(item);
  const std::size_t from = is_last ? *scalar_end(text, left) : item.offset;
  const std::size_t to = is_last ? *end : right.offset;
  return text.substr(0, from) + text.substr(to);
}

}  // namespace

absl::StatusOr<std::string> replace_scalar(const std::string& text, const YamlNode& scalar, bool in_flow,
                                           const std::string& value) {
  const std::optional<std::size_t> end = scalar_end(text, scalar);
  if (!end) return not_understood(scalar);
  return text.substr(0, scalar.offset) + rendered(text, scalar, in_flow, value) + text.substr(*end);
}

absl::StatusOr<std::string> replace_number(const std::string& text, const YamlNode& scalar, long value) {
  const std::optional<std::size_t> end = scalar_end(text, scalar);
  if (!end || scalar.is_quoted) return not_understood(scalar);
  return text.substr(0, scalar.offset) + std::to_string(value) + text.substr(*end);
}

absl::StatusOr<std::string> insert_item(const std::string& text, const YamlNode& list, std::size_t index,
                                        const std::string& value) {
  if (list.values.empty() || index > list.values.size() || list.is_alias) return not_understood(list);
  return list.is_flow ? insert_between(text, list, index, value) : insert_line(text, list, index, value);
}

absl::StatusOr<std::string> remove_item(const std::string& text, const YamlNode& list, std::size_t index) {
  // A list without its last item would read as null.
  if (list.values.size() < 2 || index >= list.values.size() || list.is_alias) return not_understood(list);
  return list.is_flow ? remove_between(text, list, index) : remove_line(text, list.values[index]);
}

}  // namespace quorate
