// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include <memory>

#include "providers/ssh/loop.h"
#include "providers/ssh/session.h"
#include "providers/ssh/tunnel.h"

namespace quorate::ssh {

/// A listening unix socket, each connection to which becomes a tunnel on the loop.
absl::StatusOr<std::unique_ptr<Forward>> open_forward(Loop& loop, Destination destination, std::shared_ptr<Forwarding> forwarding);

}  // namespace quorate::ssh
