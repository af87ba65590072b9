// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quorate::ssh {

/// The bytes of a base64 text; none where it is not one.
std::string decode_base64(const std::string& text);

}  // namespace quorate::ssh
