// SPDX-License-Identifier: Apache-2.0
// Private to the reading of facts.
#pragma once

#include <string>
#include <utility>

#include "plans/facts.h"

namespace quorate {

inline Verdict yes() { return {Holds::yes, ""}; }
inline Verdict no(std::string because) { return {Holds::no, std::move(because)}; }
inline Verdict unknown(std::string because) { return {Holds::unknown, std::move(because)}; }
inline Verdict when(bool condition, const std::string& otherwise) { return condition ? yes() : no(otherwise); }

}  // namespace quorate
