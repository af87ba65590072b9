// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/diagnostic.h"
#include "schemas/spec.pb.h"

namespace quorate {

struct SpecReading {
  Spec spec;                ///< usable only where no diagnostic is an error
  Diagnostics diagnostics;  ///< by place; warnings too
};

/// Reads a spec's YAML by walking its descriptor: unknown keys (with a suggestion), wrong types, duplicate keys,
/// aliases, tags, text that is not UTF-8 or not whole, files over 1 MiB, depth over 32; then what the descriptor cannot
/// say: required fields, apiVersion and kind, duplicate names, hosts or addresses, a name that is not a DNS label,
/// durations, ports, no member at all (error), an even count (warning), more than seven. `file` is only for the
/// messages.
SpecReading read_spec(const std::string& text, const std::string& file);

/// The YAML of a spec, in the order of its descriptor, unset fields left out: what `import` writes. read_spec takes it
/// back.
std::string write_spec(const Spec& spec);

/// The address in a member's URLs: `address`, or `host` where that is an IP address; else empty.
std::string member_address(const MemberSpec& member);

/// Whether the text is an IPv4 or IPv6 address.
bool is_ip_address(const std::string& text);

/// `https://10.0.0.1:2380`, with brackets around an IPv6 address.
std::string https_url(const std::string& address, int port);

}  // namespace quorate
