// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "providers/ssh/handle.h"
#include "providers/ssh/known_hosts.h"
#include "providers/ssh/settings.h"
#include "schemas/observation.pb.h"

namespace quorate::ssh {

/// Compares the key that the session was offered with the known ones. REACHABLE: it is known.
SshState check_host_key(ssh_session session, const Settings& settings, const std::vector<KnownHost>& known);

}  // namespace quorate::ssh
