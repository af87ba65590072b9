// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quorate::node {

/// Whose data a directory holds.
struct DataIdentity {
  std::string member_id;  ///< 16 hex digits
  std::string cluster_id;
};

/// From the beginning of the first file in member/wal: its metadata record (etcd server/storage/wal: a frame is a
/// little-endian 64-bit word, whose low 56 bits are the record's length, and a walpb.Record). Nothing where there is
/// none.
std::optional<DataIdentity> read_identity(std::string_view wal_head);

}  // namespace quorate::node
