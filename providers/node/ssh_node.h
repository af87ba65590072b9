// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "providers/node/node.h"
#include "providers/ssh/session.h"

namespace quorate::node {

/// A node behind an SSH session, which must outlive it. An empty `data_directory_override` leaves it to the manifest
/// where etcd's data is. May be called from several threads.
std::unique_ptr<Node> make_ssh_node(std::string name, ssh::Session& session, std::string data_directory_override);

}  // namespace quorate::node
