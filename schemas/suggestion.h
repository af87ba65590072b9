// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace quorate {

/// The known word that was probably meant: the nearest by edit distance (case aside), if at most a third of it differs.
std::optional<std::string> closest(const std::string& word, const std::vector<std::string>& known);

}  // namespace quorate
