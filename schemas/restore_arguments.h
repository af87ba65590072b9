// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "schemas/plan.pb.h"

namespace quorate {

/// What follows `snapshot restore FILE --data-dir FOLDER`, for etcdctl and etcdutl alike (etcd-facts 2.2): one place for what is
/// run and what is shown.
std::vector<std::string> restore_arguments(const RestoreSnapshot& restore);

/// Whether that tool of etcd's can bump the revision, which it does from 3.4.27 and 3.5.10 on (etcd-facts 2.2).
bool can_bump(const Tool& tool);

}  // namespace quorate
