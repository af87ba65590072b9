// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "providers/ssh/session.h"
#include "providers/ssh/socket.h"
#include "schemas/status.h"

namespace quorate::ssh {

/// One machine on the way, and how to log in there. Paths are expanded.
struct Settings {
  std::string name;  ///< as the person wrote it
  std::string host;
  std::uint16_t port = 22;
  std::string user;
  AddressFamily family = AddressFamily::any;
  std::vector<std::string> identity_files;
  bool identities_only = false;
  bool identities_chosen = false;              ///< by the target: one that cannot be read is worth a word
  std::string agent_socket;                    ///< empty: no agent
  std::vector<std::string> known_hosts_files;  ///< the user's, then the global ones
  std::string host_key_alias;
  std::vector<std::string> jumps;  ///< [user@]host[:port], in the order in which they are passed
  std::optional<std::chrono::seconds> connect_timeout;
  std::string key_exchanges;  ///< lists of algorithms; empty: libssh's
  std::string ciphers;
  std::string macs;
  std::string host_key_algorithms;
};

/// The settings that `ssh -G` printed. precondition: one among them cannot be honoured; it is named.
absl::StatusOr<Settings> parse_settings(const std::string& host, const std::string& output);

/// The settings in force for the target: its own over those of the configuration, which `ssh_program -G` reads, or
/// libssh itself where there is no such program.
absl::StatusOr<Settings> settings_of(const Target& target, const std::string& ssh_program, Deadline deadline);

/// A target for a hop as ProxyJump writes it: [user@]host[:port], ssh://..., an IPv6 address in brackets.
absl::StatusOr<Target> parse_hop(const std::string& text);

}  // namespace quorate::ssh
