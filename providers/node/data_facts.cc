// SPDX-License-Identifier: Apache-2.0
#include "providers/node/facts.h"
#include "providers/node/text.h"
#include "providers/node/write_ahead_log.h"

namespace quorate::node {
namespace {

void add_unknown_data(DataDirectory* data, const std::string& fact, const std::string& reason) {
  Unknown* unknown = data->add_unknowns();
  unknown->set_fact(fact);
  unknown->set_reason(reason);
}

std::string known(std::string_view word) { return word == "-" ? "" : std::string(word); }

// `absent`, or `present OWNER MODE MEMBER-OWNER MOUNT HELD`.
absl::Status read_state(std::string_view state, DataDirectory* data) {
  if (state == "absent") return absl::OkStatus();
  const std::vector<std::string_view> words = split_words(state);
  if (words.size() != 6 || words[0] != "present") return corrupt("the state of the data directory is malformed");
  data->set_exists(true);
  data->set_owner(known(words[1]));
  data->set_mode(known(words[2]));
  data->set_member_owner(known(words[3]));
  data->set_mount_point(words[4] == "yes");
  data->set_held(words[5] == "yes");
  return absl::OkStatus();
}

void read_space(std::string_view space, DataDirectory* data) {
  const std::vector<std::string_view> words = split_words(space);
  const auto used = words.size() == 2 ? to_number(words[0]) : std::nullopt;
  const auto free = words.size() == 2 ? to_number(words[1]) : std::nullopt;
  if (used) data->set_used_bytes(*used * 1024);
  if (free) data->set_free_bytes(*free * 1024);
  if (!used) add_unknown_data(data, "used_bytes", "du gave no number in time");
  if (!free) add_unknown_data(data, "free_bytes", "df gave no number in time");
}

// Lines as `du` writes them; what is none of these is a part of a name.
void read_disk_use(std::string_view text, DataDirectory* data) {
  for (const std::string_view line : split_lines(text)) {
    const std::size_t tab = line.find('\t');
    const auto kibibytes = to_number(line.substr(0, tab));
    if (tab == std::string_view::npos || !kibibytes) continue;
    DiskUse* use = data->add_largest();
    use->set_path(to_utf8(line.substr(tab + 1)));
    use->set_bytes(*kibibytes * 1024);
  }
}

absl::Status read_wal_head(std::string_view head, DataDirectory* data) {
  const std::string_view encoding = head.substr(0, head.find(' '));
  std::optional<DataIdentity> identity;
  if (encoding != "none") {
    const auto bytes = decode(encoding, head.substr(encoding.size()));
    if (!bytes.ok()) return bytes.status();
    identity = read_identity(*bytes);
  }
  if (identity) {
    data->set_member_id(identity->member_id);
    data->set_cluster_id(identity->cluster_id);
    return absl::OkStatus();
  }
  const std::string reason =
      encoding == "none" ? "the node has neither base64 nor od" : "the WAL has no metadata record at its beginning";
  add_unknown_data(data, "member_id", reason);
  add_unknown_data(data, "cluster_id", reason);
  return absl::OkStatus();
}

absl::Status read_set_asides(const Answer& answer, NodeFacts* facts) {
  for (const std::string_view body : answer.all("set-aside")) {
    const std::size_t newline = body.find('\n');
    const std::vector<std::string_view> words = split_words(body.substr(0, newline));
    const auto seconds = words.size() == 5 ? to_number(words[0]) : std::nullopt;
    if (!seconds || newline == std::string_view::npos) return corrupt("the record of a set-aside folder is malformed");
    SetAside* folder = facts->add_set_asides();
    folder->set_created_at_seconds(static_cast<std::int64_t>(*seconds));
    folder->set_holds_member(words[1] == "yes");
    folder->set_holds_restored(words[2] == "yes");
    folder->set_snapshot_bytes(to_number(words[3]).value_or(0));
    folder->set_snapshot_sha256(known(words[4]));
    folder->set_path(to_utf8(body.substr(newline + 1)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status read_data_facts(const Answer& answer, NodeFacts* facts) {
  if (!answer.has("data-directory") || !answer.has("data-state")) return absl::OkStatus();
  DataDirectory* data = facts->mutable_data_directory();
  data->set_path(to_utf8(answer.text("data-directory")));
  if (absl::Status status = read_state(answer.text("data-state"), data); !status.ok()) return status;
  if (answer.has("data-space")) read_space(answer.text("data-space"), data);
  if (answer.has("disk-use")) read_disk_use(answer.text("disk-use"), data);
  if (!data->exists()) return absl::OkStatus();
  for (const std::string_view entry : answer.all("data-entry")) data->add_entries(to_utf8(entry));
  data->set_newest_wal(to_utf8(answer.text("newest-wal")));
  data->set_newest_snapshot(to_utf8(answer.text("newest-snapshot")));
  data->set_initialised(!data->newest_wal().empty());
  if (answer.has("wal-head")) {
    if (absl::Status status = read_wal_head(answer.text("wal-head"), data); !status.ok()) return status;
  }
  return read_set_asides(answer, facts);
}

}  // namespace quorate::node
