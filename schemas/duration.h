// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace quorate {

/// `365d`, `8760h`, `90m`, `30s`, and sums of them (`1d12h`); nothing else, and nothing below zero or beyond a century.
std::optional<std::chrono::seconds> parse_duration(const std::string& text);

}  // namespace quorate
