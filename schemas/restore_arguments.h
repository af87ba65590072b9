// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/plan.pb.h"

namespace quorate {

/// What follows `snapshot restore FILE --data-dir FOLDER`, for etcdctl and etcdutl alike (etcd-facts 2.2): one place for what is
/// run and what is shown.
std::vector<std::string> restore_arguments(const RestoreSnapshot& restore);

/// Whether that tool of etcd's can bump the revision, which it does from 3.4.27 and 3.5.10 on (etcd-facts 2.2).
bool can_bump(const Tool& tool);

/// The revision that a store begins with which was restored from one at `revision`. Where nothing was ever written, at revision 1,
/// the bump counts from 0 (tried with etcdctl 3.5.16).
std::int64_t restored_revision(std::int64_t revision, std::int64_t bump);

}  // namespace quorate
