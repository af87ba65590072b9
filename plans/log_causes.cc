// SPDX-License-Identifier: Apache-2.0
#include "plans/log_causes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>
#include <string_view>

namespace quorate {
namespace {

struct Row {
  std::string_view text;
  LogCause cause;
  std::string_view meaning;
};

// Earlier rows are the more certain ones: a removed member also logs streams that were rejected.
constexpr std::array rows = {
    Row{"the member has been permanently removed from the cluster", LogCause::member_removed,
        "its data belongs to a member that was removed"},
    Row{"data-dir used by this member must be removed", LogCause::member_removed, "its data belongs to a member that was removed"},
    Row{"is out of range [lastIndex(", LogCause::log_out_of_range, "its log is older than what this member had acknowledged"},
    Row{"crc mismatch", LogCause::damaged_wal, "its write-ahead log is damaged"},
    // A record that is overwritten may fail before its checksum is looked at; nothing else that etcd ends with is a proto error.
    Row{"etcdmain: proto: ", LogCause::damaged_wal, "its write-ahead log is damaged"},
    Row{"discovery failed\",\"error\":\"proto: ", LogCause::damaged_wal, "its write-ahead log is damaged"},
    Row{"cannot be repaired", LogCause::damaged_wal, "its write-ahead log is damaged"},
    Row{"wal: max entry size limit exceeded", LogCause::damaged_wal, "its write-ahead log is damaged"},
    Row{"file already closed while opening wal", LogCause::damaged_wal, "its write-ahead log is damaged"},
    Row{"failed to find database snapshot file", LogCause::damaged_wal, "its database file is missing"},
    Row{"invalid database", LogCause::damaged_wal, "its database file is damaged"},
    // kubeadm has etcd compare stores before it serves, since 1.22 (--experimental-initial-corrupt-check, InitialCorruptCheck).
    Row{"found data inconsistency with peers", LogCause::store_differs, "its store has other keys or values than a peer's"},
    Row{"member count is unequal", LogCause::join_list_wrong, "the manifest lists other members than the cluster has"},
    Row{"no match found for existing member", LogCause::join_list_wrong, "the manifest lists a peer URL that no member has"},
    Row{"unmatched member while checking PeerURLs", LogCause::join_list_wrong, "the manifest lists a peer URL that no member has"},
    Row{"but missing from --initial-advertise-peer-urls", LogCause::join_list_wrong,
        "the manifest's peer URLs contradict one another"},
    Row{"in the initial cluster configuration", LogCause::name_not_listed, "the manifest's --name is not in its member list"},
    Row{"has already been bootstrapped", LogCause::already_bootstrapped, "it has no data, but its member was started before"},
    Row{"cluster ID mismatch", LogCause::cluster_id_mismatch, "it belongs to another cluster than its peers"},
    Row{"incompatible with current running cluster", LogCause::version_mismatch, "its version is too old for the cluster"},
    Row{"invalid downgrade", LogCause::version_mismatch, "its version is too old for its data"},
    Row{"bind: address already in use", LogCause::port_in_use, "another process holds its port"},
    Row{"db file is flocked by another process", LogCause::database_held, "another etcd has its data open"},
    Row{"no space left on device", LogCause::no_space, "the disk is full"},
    Row{"permission denied", LogCause::permission_denied, "etcd's user may not write its data or read its certificates"},
    Row{"flag provided but not defined", LogCause::flag_unknown, "this version does not know one of its flags"},
    Row{"cannot fetch cluster info from peer urls", LogCause::peers_not_reached, "it cannot reach any of its peers"},
    Row{"certificate has expired or is not yet valid", LogCause::certificate, "a certificate is out of date"},
    Row{"certificate signed by unknown authority", LogCause::certificate, "a certificate is of another CA"},
    Row{"no such file or directory", LogCause::certificate, "a file that it needs is missing"},
    Row{"tls: bad certificate", LogCause::certificate, "its certificate is refused"},
};

}  // namespace

bool needs_person(LogCause cause) {
  switch (cause) {
    case LogCause::store_differs:
    case LogCause::port_in_use:
    case LogCause::version_mismatch:
    case LogCause::flag_unknown:
    case LogCause::database_held:
    case LogCause::no_space: return true;
    default: return false;
  }
}

std::optional<LogFinding> cause_in_log(const std::vector<std::string>& lines) {
  for (const Row& row : rows) {
    const auto line = std::find_if(lines.rbegin(), lines.rend(),
                                   [&](const std::string& text) { return text.find(row.text) != std::string::npos; });
    if (line != lines.rend()) return LogFinding{row.cause, *line, std::string(row.meaning)};
  }
  return std::nullopt;
}

bool names_member(const std::string& line, const std::string& member_id) {
  const std::string id = member_id.substr(std::min(member_id.find_first_not_of('0'), member_id.size()));
  if (id.empty()) return false;
  const auto is_digit = [&](std::size_t at) {
    return at < line.size() && std::isxdigit(static_cast<unsigned char>(line[at])) != 0;
  };
  for (std::size_t at = line.find(id); at != std::string::npos; at = line.find(id, at + 1)) {
    if ((at == 0 || !is_digit(at - 1)) && !is_digit(at + id.size())) return true;
  }
  return false;
}

std::vector<std::string> differing_peers_in_log(const std::vector<std::string>& lines) {
  std::vector<std::string> found;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(found), [](const std::string& line) {
    // 3.4's plain form: `8e9e05c52164694d's hash 1 != 9042feaf2c5d277d's hash 2 (revision 3, ...)`
    const std::size_t plain = line.find("'s hash ");
    return line.find("found different hash values from remote peer") != std::string::npos ||
           (plain != std::string::npos && line.find(" != ", plain) != std::string::npos);
  });
  return found;
}

std::optional<std::int64_t> compared_revision(const std::string& line) {
  for (const std::string_view before : {std::string_view("\"local-member-revision\":"), std::string_view("(revision ")}) {
    const std::size_t at = line.find(before);
    if (at == std::string::npos) continue;
    std::int64_t revision = 0;
    const char* begin = line.data() + at + before.size();
    if (std::from_chars(begin, line.data() + line.size(), revision).ptr != begin) return revision;
  }
  return std::nullopt;
}

}  // namespace quorate
