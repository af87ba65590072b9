// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "schemas/status.h"
#include "schemas/yaml_tree.h"

namespace quorate {

// Changes of a YAML text at the places of its tree, byte by byte: everything else stays as it is. Each is invalid where
// the text there is not understood: a block scalar, one over several lines, an alias, a dash that shares its line.
// A caller reads the result again: these places hold for the text that they were read from and no other.

/// Gives a scalar another text, in quotes as it had them, or as the new text needs them. It stays a string.
absl::StatusOr<std::string> replace_scalar(const std::string& text, const YamlNode& scalar, bool in_flow, const std::string& value);

/// Gives a number without quotes another value. It stays a number.
absl::StatusOr<std::string> replace_number(const std::string& text, const YamlNode& scalar, long value);

/// Adds an item to a list so that it has this index; after the item before it and its comment, on a line of its own in
/// a block.
absl::StatusOr<std::string> insert_item(const std::string& text, const YamlNode& list, std::size_t index, const std::string& value);

/// Takes an item out of a list of several, with the comment on its line.
absl::StatusOr<std::string> remove_item(const std::string& text, const YamlNode& list, std::size_t index);

}  // namespace quorate
