// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace quorate {

/// Rows as text columns, each as wide as its widest cell, two spaces between, no trailing spaces, a newline after each row.
std::string table(const std::vector<std::vector<std::string>>& rows, const std::string& indent);

}  // namespace quorate
