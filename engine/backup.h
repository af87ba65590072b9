// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/execute.h"
#include "providers/etcd/client.h"
#include "schemas/observation.pb.h"
#include "schemas/outcome.h"
#include "schemas/plan.pb.h"

namespace quorate {

/// A snapshot of that node's etcd into the backup directory, proven and described; then the oldest of the cluster's own that are
/// too many are removed. Files without a descriptor, and other clusters', are left alone. Where the keys cannot be counted it has
/// no descriptor itself, and none is removed. not_done: it was not saved, or `stop` came.
Outcome save_backup(const SaveBackup& operation, etcd::Client& client, const NodeObservation& node, const StopRequest& stop);

}  // namespace quorate
