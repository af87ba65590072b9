// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace quorate {

/// A number of bytes as people read it, by powers of 1024: `35.0 MiB`.
std::string text_of_bytes(std::uint64_t bytes);

}  // namespace quorate
