// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/observation.pb.h"

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

/// Where the log of one file in member/wal ends, from the bytes of that file as they come. Checksums are not looked at: etcd itself
/// refuses a damaged log.
class LogReader {
 public:
  /// False: nothing more was written to the file, and the rest of its bytes is not wanted.
  bool add(std::string_view bytes);
  /// Nothing: it has no entry, as one that was begun just before.
  [[nodiscard]] std::optional<LogEnd> end() const;

 private:
  void take(std::string_view record);

  std::string pending_;
  bool ended_ = false;
  bool has_entry_ = false;
  std::uint64_t term_ = 0;
  std::uint64_t index_ = 0;
  std::uint64_t commit_ = 0;
};

}  // namespace quorate::node
