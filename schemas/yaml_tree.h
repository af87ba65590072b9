// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quorate {

/// A place in a text: line and column from 1, the column in bytes; line 0 is the whole text.
struct Place {
  int line = 0;
  int column = 0;
};

/// YAML as it stands in the text, with the place of everything: unlike yaml-cpp's nodes it keeps duplicate keys.
struct YamlNode {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  std::string text;         ///< of a scalar
  bool is_quoted = false;   ///< a scalar in quotes, or a block scalar: always a string
  bool is_flow = false;     ///< [a, b] or {a: b}
  bool is_alias = false;    ///< stands elsewhere in the text
  bool is_refused = false;  ///< a problem says why; its content is not there
  Place place;
  std::size_t offset = 0;        ///< of its first byte in the text
  std::vector<YamlNode> keys;    ///< of a map
  std::vector<YamlNode> values;  ///< of a list or a map

  /// The value of a map's key; nullptr where there is none, or this is no map.
  [[nodiscard]] const YamlNode* find(const std::string& key) const;
};

/// What is accepted beyond the smallest form of YAML.
struct YamlRules {
  std::size_t largest_bytes = std::size_t{1} << 20U;
  std::size_t deepest = 32;
  bool allow_aliases = false;
};

struct YamlProblem {
  Place place;
  std::string message;
  std::string hint;
};

struct YamlReading {
  std::optional<YamlNode> root;  ///< absent: this is no YAML, and exactly one problem says why
  std::vector<YamlProblem> problems;
};

/// Reads one YAML document. yaml-cpp is lax: text that is not UTF-8, control characters (its scanner takes U+0004 for
/// the end), unterminated quotes, tags and second documents are refused here.
YamlReading read_yaml(const std::string& text, const YamlRules& rules);

/// The end of the quoted scalar that begins at `offset`, after its closing quote; absent where none closes it.
std::optional<std::size_t> quoted_scalar_end(std::string_view text, std::size_t offset);

/// Whether YAML 1.1 or 1.2 reads the plain text as something else than a string: a number, a boolean, null, a date.
bool reads_as_other_type(std::string_view text);

/// Whether the text can stand in YAML without quotes and is a string then.
enum class YamlContext { block, flow };
bool may_stand_plain(std::string_view text, YamlContext context);

/// Whether both say the same to whoever reads them; places and quotes aside.
bool same_content(const YamlNode& left, const YamlNode& right);

}  // namespace quorate
