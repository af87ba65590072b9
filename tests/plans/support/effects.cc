// SPDX-License-Identifier: Apache-2.0
// A library with an effect, for the layering test to find.
#include <ctime>

#include <fcntl.h>

namespace quorate {

int planted_effect() { return ::open("/dev/null", O_RDONLY) + static_cast<int>(::time(nullptr)); }

}  // namespace quorate
