// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "schemas/observation.pb.h"

namespace quorate {

/// The best tool on the node to restore with: one that can bump the revision, then etcdutl; nothing where there is none (3.6's
/// etcdctl restores no more; etcd-facts 2.2). On the host, in the root of its running etcd, or in etcd's image, where `ctr` can
/// mount that.
std::optional<Tool> restore_tool(const NodeFacts& facts);

}  // namespace quorate
