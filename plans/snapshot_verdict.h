// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "schemas/snapshot.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// In what a snapshot is not what its descriptor says: sentences; none: it is.
std::vector<std::string> differences(const SnapshotReport& report, const SnapshotDescriptor& descriptor);

/// By what a snapshot's members are looked for in the spec.
enum class Kinship {
  address,          ///< where the spec has addresses; its names where it has none: two clusters may both have a node1
  address_or_name,  ///< for a cluster that has moved to other addresses
};

/// Why a snapshot is of another cluster than the spec's: none of the members in the database is one of the spec's. Empty: it is not
/// known to be.
std::string foreign_because(const SnapshotContents& contents, const Spec& spec, Kinship kinship);

}  // namespace quorate
