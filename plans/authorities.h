// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "schemas/observation.pb.h"

namespace quorate {

/// Where the CA that a rotation brings in is kept, with its key, until it is etcd's ca.crt everywhere: ca.crt and ca.key.
inline constexpr const char* next_authority_directory = "/var/lib/quorate/authority";

/// Common names of the CAs that etcd's ca.crt has, in its order: the first one signs (kubeadm reads no other; etcd-facts 7).
std::vector<std::string> authority_names(const NodeFacts& facts);

/// So, the certificates themselves.
std::vector<const Certificate*> authorities_of(const NodeFacts& facts);

/// Whether the workstation's CA is there, as far as it was read, with its key.
bool can_sign(const Certificate& authority);

/// The common name of the CA that is kept there with its key; empty: none is.
std::string next_authority_of(const NodeFacts& facts);

/// `etcd-ca-2` after `etcd-ca`: another name, so that everybody can tell them apart, an OpenSSL that looks for an issuer by its
/// name and a server that asks for clients by their CAs.
std::string name_after(const std::string& common_name);

}  // namespace quorate
