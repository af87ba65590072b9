// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/plan.pb.h"

namespace quorate {

/// The operation as the command that it equals, for people: `node3: mv A B`, `etcdctl member remove ID`.
std::string text_of(const Operation& operation);

/// The node on which an operation acts; empty for those asked of etcd.
std::string node_of(const Operation& operation);

}  // namespace quorate
