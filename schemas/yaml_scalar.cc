// SPDX-License-Identifier: Apache-2.0
// What scalars mean and how they may be written; no parser is needed for it.
#include <algorithm>
#include <array>
#include <cctype>

#include "schemas/yaml_tree.h"

namespace quorate {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

bool holds(std::string_view characters, char character) { return characters.find(character) != std::string_view::npos; }

bool is_reserved_word(std::string_view text) {
  static constexpr std::array<std::string_view, 13> words = {"~",   "null", "true", "false", "yes",  "no", "on",
                                                             "off", "y",    "n",    ".nan",  ".inf", "<<"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::find(words.begin(), words.end(), lower) != words.end();
}

// Wider than any version's grammar for numbers and dates (2001-01-01, 1_000, 12:30:45, 0x1F, 1e3): quoting too much is
// harmless. Two dots are no number, so that IPv4 addresses stay as people write them.
bool looks_like_number(std::string_view text) {
  const std::size_t sign = !text.empty() && holds("+-", text.front()) ? 1 : 0;
  const std::string_view body = text.substr(sign);
  if (body.empty() || !(is_digit(body[0]) || body[0] == '.')) return false;
  if (std::count(body.begin(), body.end(), '.') > 1) return false;
  if (body.size() > 1 && body[0] == '0' && holds("xXoObB", body[1])) return true;
  return std::all_of(body.begin(), body.end(),
                     [](char character) { return is_digit(character) || holds("eE_.:+-TtZz ", character); });
}

bool may_begin(std::string_view text) {
  if (holds(",[]{}#&*!|>'\"%@` \t", text.front())) return false;
  if (holds("-?:", text.front())) return text.size() > 1 && text[1] != ' ' && text[1] != '\t';
  return true;
}

}  // namespace

const YamlNode* YamlNode::find(const std::string& key) const {
  for (std::size_t i = 0; i < keys.size() && i < values.size(); ++i) {
    if (keys[i].text == key) return &values[i];
  }
  return nullptr;
}

std::optional<std::size_t> quoted_scalar_end(std::string_view text, std::size_t offset) {
  const char quote = text[offset];
  for (std::size_t i = offset + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (quote == '\'' && text.substr(i, 2) == "''") {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return std::nullopt;
}

bool reads_as_other_type(std::string_view text) { return text.empty() || is_reserved_word(text) || looks_like_number(text); }

bool may_stand_plain(std::string_view text, YamlContext context) {
  if (reads_as_other_type(text) || !may_begin(text) || holds(" :", text.back())) return false;
  if (text.substr(0, 3) == "---" || text.substr(0, 3) == "...") return text.size() > 3 && text[3] == '-';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte >= 0x7F) return false;
    if (context == YamlContext::flow && holds(",[]{}", text[i])) return false;
    if (text.substr(i, 2) == ": " || text.substr(i, 2) == " #") return false;
  }
  return true;
}

bool same_content(const YamlNode& left, const YamlNode& right) {
  const auto is_string = [](const YamlNode& node) { return node.is_quoted || !reads_as_other_type(node.text); };
  if (left.kind != right.kind || left.text != right.text) return false;
  if (left.kind == YamlNode::Kind::scalar && is_string(left) != is_string(right)) return false;
  return std::equal(left.keys.begin(), left.keys.end(), right.keys.begin(), right.keys.end(), same_content) &&
         std::equal(left.values.begin(), left.values.end(), right.values.begin(), right.values.end(), same_content);
}

}  // namespace quorate
