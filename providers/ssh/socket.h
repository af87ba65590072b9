// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "providers/local/descriptor.h"
#include "providers/ssh/session.h"
#include "schemas/status.h"

namespace quorate::ssh {

enum class AddressFamily { any, inet, inet6 };

/// A TCP connection to the first address of `host` that accepts one, without Nagle's delay. The lookup of the name has
/// the deadline too.
absl::StatusOr<Descriptor> connect_tcp(const std::string& host, std::uint16_t port, AddressFamily family, Deadline deadline);

/// Two ends of one local stream, neither of which blocks.
absl::StatusOr<std::pair<Descriptor, Descriptor>> socket_pair();

/// Makes reads and writes of the descriptor return at once.
void set_nonblocking(int descriptor);

/// The text of an errno.
std::string error_text(int number);

}  // namespace quorate::ssh
