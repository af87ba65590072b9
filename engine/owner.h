// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quorate {

/// This process as the owner of a run, for people: user@host.
std::string owner_name();

/// This process, so that another on the same machine can tell whether it still runs: machine, boot and PID namespace, process ID,
/// start time.
std::string owner_machine();

/// A few random hex digits: what tells the leases of two processes on one run apart.
std::string lease_suffix();

/// Whether the owner was a process of this machine, seen from the same PID namespace, that has certainly ended: then its lease need
/// not be waited for. Where that cannot be told: false.
bool owner_has_died(const std::string& machine);

}  // namespace quorate
