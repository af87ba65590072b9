// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include "providers/snapshots/page_file.h"
#include "schemas/snapshot.pb.h"

namespace quorate::snapshots {

/// Whether to count the keys that exist: it takes some ten bytes of memory for each.
enum class KeyCount { none, exact };

/// What etcd keeps in the database. corrupt: it is damaged, or none of etcd's.
absl::StatusOr<SnapshotContents> read_contents(const PageFile& file, KeyCount count);

}  // namespace quorate::snapshots
