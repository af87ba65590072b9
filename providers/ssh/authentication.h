// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include "providers/ssh/handle.h"
#include "providers/ssh/session.h"
#include "providers/ssh/settings.h"
#include "schemas/observation.pb.h"

namespace quorate::ssh {

/// Logs in with the keys of the settings and of the agent. Nobody is asked for anything. REACHABLE: logged in.
SshState authenticate(ssh_session session, const Settings& settings, Deadline deadline);

}  // namespace quorate::ssh
