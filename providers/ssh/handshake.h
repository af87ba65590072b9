// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include "providers/ssh/handle.h"
#include "providers/ssh/session.h"

namespace quorate::ssh {

/// Sleeps until a call of libssh that asked to be made again may get on. False: the deadline has passed.
bool await_progress(ssh_session session, Deadline deadline);

}  // namespace quorate::ssh
