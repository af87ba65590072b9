// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/execute.h"
#include "schemas/snapshot.pb.h"
#include "schemas/status.h"

namespace quorate {

/// What a drill restores.
struct DrillSource {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t revision = 0;     ///< that it is to serve
  bool without_trailer = false;  ///< it has no SHA-256 of its own
};

/// Restores the file with etcd's own tool into a folder of its own in $TMPDIR, starts an etcd over it that listens on unix sockets
/// there alone, and says what that serves at the revision. Nothing of it is left. not_found: there is no etcd, or neither etcdutl
/// nor etcdctl, on this machine; unavailable: too little room; invalid: it does not restore, or etcd does not run over it, with its
/// own words; cancelled: `stop` said so.
absl::StatusOr<SnapshotReport::Drill> drill(const DrillSource& source, const StopRequest& stop);

}  // namespace quorate
