// SPDX-License-Identifier: Apache-2.0
// Private to ByHand: how its lines are put together.
#pragma once

#include <string>
#include <vector>

#include "plans/lookup.h"
#include "providers/ssh/quote.h"

namespace quorate::cli {

inline constexpr char workstation[] = "# on this workstation:\n";

inline std::string on_node(const std::string& node, const std::string& lines) { return "# on " + node + ", as root:\n" + lines; }

// What no shell can be given, a NUL byte, becomes an empty word.
inline std::string words(const std::vector<std::string>& arguments) { return ssh::quote(arguments).value_or("''"); }
inline std::string word(const std::string& argument) { return words({argument}); }

/// Where a file is written before it has its name.
inline std::string beside(const std::string& path) { return folder_of(path) + "/." + base_name(path) + ".quorate"; }

}  // namespace quorate::cli
