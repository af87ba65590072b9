// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quorate {

/// Why etcd says that it does not start or does not take part.
enum class LogCause {
  member_removed,
  log_out_of_range,
  damaged_wal,
  store_differs,
  join_list_wrong,
  name_not_listed,
  already_bootstrapped,
  cluster_id_mismatch,
  port_in_use,
  permission_denied,
  certificate,
  peers_not_reached,
  version_mismatch,
  flag_unknown,
  database_held,
  no_space,
};

struct LogFinding {
  LogCause cause;
  std::string line;     ///< as it stood in the log
  std::string meaning;  ///< one sentence
};

/// Whether starting etcd again does not mend it, and it is not quorate's to change: a port, a flag, a version, a full disk, a store
/// of which nobody can tell whether it is the right one.
bool needs_person(LogCause cause);

/// The last line of a log that names a cause, by etcd's own texts (3.4 to 3.7, plain and JSON form).
std::optional<LogFinding> cause_in_log(const std::vector<std::string>& lines);

/// Whether a line of etcd's log names the member with this ID: etcd leaves out leading zeros there.
bool names_member(const std::string& line, const std::string& member_id);

/// The lines in which etcd says, before it ends with `store_differs`, with which peers' its store was compared and whose is
/// another.
std::vector<std::string> differing_peers_in_log(const std::vector<std::string>& lines);

/// The revision of its own store that etcd compared there; nothing where such a line does not say it.
std::optional<std::int64_t> compared_revision(const std::string& line);

}  // namespace quorate
