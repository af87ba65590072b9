// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "providers/ssh/session.h"

namespace quorate::ssh {

/// What connecting takes from its surroundings.
struct Surroundings {
  std::string ssh_program = "ssh";  ///< whose -G gives the settings; where there is none, libssh's parser does
};

/// connect() with surroundings other than the usual ones.
ConnectResult connect(const Target& target, Deadline deadline, const Surroundings& surroundings);

}  // namespace quorate::ssh
