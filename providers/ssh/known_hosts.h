// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quorate::ssh {

/// A line of a known_hosts file that names the host.
struct KnownHost {
  enum class Marker { none, authority, revoked };
  Marker marker = Marker::none;
  std::string key_type;  ///< ssh-ed25519
  std::string key;       ///< base64
  std::string place;     ///< file:line
};

/// The name under which known_hosts files keep a host: `host`, `[host]:port` for another port than 22, or its alias.
std::string known_hosts_name(const std::string& host, std::uint16_t port, const std::string& alias);

/// Every line of the files that names the host: plain, by pattern or hashed. A file that is not there has none.
std::vector<KnownHost> find_known_hosts(const std::vector<std::string>& files, const std::string& name);

/// The algorithms to offer: those of keys that are known for the host come first, so that a host with keys of several
/// types shows one that can be compared.
std::string order_host_key_algorithms(const std::vector<KnownHost>& known, const std::string& allowed);

}  // namespace quorate::ssh
