// SPDX-License-Identifier: Apache-2.0
#include "schemas/duration.h"

#include <string_view>

namespace quorate {
namespace {

constexpr long century = 100L * 365 * 24 * 60 * 60;

long seconds_of(char unit) {
  switch (unit) {
    case 'd': return 24L * 60 * 60;
    case 'h': return 60L * 60;
    case 'm': return 60;
    case 's': return 1;
    default: return 0;
  }
}

// Takes the digits off the front. More than a century's seconds are refused here, so that nothing overflows.
std::optional<long> take_number(std::string_view* text) {
  long number = 0;
  std::size_t length = 0;
  while (length < text->size() && (*text)[length] >= '0' && (*text)[length] <= '9') {
    number = number * 10 + ((*text)[length++] - '0');
    if (number > century) return std::nullopt;
  }
  if (length == 0) return std::nullopt;
  text->remove_prefix(length);
  return number;
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(const std::string& text) {
  std::string_view rest = text;
  long total = 0;
  long unit_before = century;
  while (!rest.empty()) {
    const std::optional<long> number = take_number(&rest);
    if (!number || rest.empty()) return std::nullopt;
    const long unit = seconds_of(rest.front());
    // Each unit once and from large to small: `1m1d` is more likely a slip than a wish.
    if (unit == 0 || unit >= unit_before || *number > (century - total) / unit) return std::nullopt;
    total += *number * unit;
    unit_before = unit;
    rest.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  return std::chrono::seconds(total);
}

}  // namespace quorate
