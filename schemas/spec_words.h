// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quorate {

// Which words a spec may hold. Names and hosts end up in command lines, file names and certificates, so that nothing is
// allowed that a shell, ssh or DNS reads otherwise: no leading dash, space, control or meta character.

/// A DNS-1123 subdomain, as Kubernetes asks of node names: lower-case labels of letters, digits and inner dashes.
bool is_dns_name(const std::string& text);

/// A DNS name in either case, or an IP address.
bool is_host(const std::string& text);

/// A host, or a DNS name with `*.` in front: what a certificate can be issued for.
bool is_certificate_name(const std::string& text);

/// `[user@]host[:port]`, with brackets around an IPv6 address that a port follows.
bool is_jump_host(const std::string& text);

bool is_user_name(const std::string& text);

/// A flag's name without its dashes.
bool is_flag_name(const std::string& text);

/// A path that begins with /, is not / itself, and holds no `.`, `..`, doubled slash, control or shell character.
bool is_absolute_path(const std::string& text);

/// Any other path or value: not empty, no leading dash, no control character.
bool is_plain_value(const std::string& text);

/// An image's reference (registry, path, tag or digest), a socket, the name of a check: of their usual characters.
bool is_plain_word(const std::string& text);

/// An address's bytes, equal for every way of writing it; empty: it is none.
std::string address_bytes(const std::string& text);

std::string lower_case(std::string text);

}  // namespace quorate
