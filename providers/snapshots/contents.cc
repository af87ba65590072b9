// SPDX-License-Identifier: Apache-2.0
#include "providers/snapshots/contents.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include <google/protobuf/util/json_util.h>

#include "providers/snapshots/database.h"
#include "schemas/etcd/rpc.pb.h"

namespace quorate::snapshots {
namespace {

// A revision as etcd writes it (etcd server/storage/mvcc/revision.go): main and sub big-endian with `_` between them; `t` behind it
// where the key was deleted.
constexpr std::size_t revision_bytes = 17;

std::int64_t main_revision(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(number);
}

bool is_revision(std::string_view bytes) { return bytes.size() >= revision_bytes && bytes[8] == '_'; }

// The key of an mvccpb.KeyValue: its first field; parsing all of it would copy every value. Absent: an empty key.
std::string_view key_of(std::string_view record) {
  constexpr char key_tag = 0x0A;
  if (record.empty() || record[0] != key_tag) return {};
  std::uint64_t size = 0;
  std::size_t at = 1;
  for (unsigned shift = 0; at < record.size() && shift < 63; shift += 7) {
    const auto byte = static_cast<unsigned char>(record[at++]);
    size |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) break;
  }
  return record.substr(at, size);
}

class Reading {
 public:
  explicit Reading(KeyCount count) : counts_(count == KeyCount::exact) {}

  absl::Status take(std::string_view bucket, std::string_view key, std::string_view value) {
    ++entries_;
    // A store that nothing was ever written to has its members, and no more.
    is_etcds_ = is_etcds_ || bucket == "key" || bucket == "meta" || bucket == "members";
    if (bucket == "key") return take_key(key, value);
    if (bucket == "members") return take_member(key, value);
    if (bucket == "cluster" && key == "clusterVersion") contents_.set_cluster_version(std::string(value));
    if (bucket == "meta" && (key == "scheduledCompactRev" || key == "finishedCompactRev") && is_revision(value)) {
      contents_.set_compact_revision(std::max(contents_.compact_revision(), main_revision(value)));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<SnapshotContents> finish() {
    if (!is_etcds_) return corrupt("it is a bbolt database, and none of etcd's");
    // What was deleted last and compacted has left no key behind; an empty store is at revision 1.
    contents_.set_revision(std::max({std::int64_t{1}, contents_.revision(), contents_.compact_revision()}));
    contents_.set_entries(entries_);
    contents_.set_keys(alive_.size());
    for (const auto& [id, member] : members_) *contents_.add_members() = member;
    return std::move(contents_);
  }

 private:
  absl::Status take_key(std::string_view key, std::string_view value) {
    if (!is_revision(key)) return corrupt("a key of the store is no revision");
    contents_.set_revision(std::max(contents_.revision(), main_revision(key)));
    const std::string_view name = counts_ ? key_of(value) : std::string_view();
    // What marks a revision that etcdutl bumped has no name, as no key has; etcd counts none (etcdutl's unsafeBumpBucketsRevision).
    if (name.empty()) return absl::OkStatus();
    // Two keys of one hash would be counted as one: with ten million keys that happens once in half a million files.
    const std::size_t hash = std::hash<std::string_view>()(name);
    if (key.size() > revision_bytes) {
      alive_.erase(hash);
    } else {
      alive_.insert(hash);
    }
    return absl::OkStatus();
  }

  absl::Status take_member(std::string_view key, std::string_view value) {
    etcdserverpb::Member listed;
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;
    const auto parsed = google::protobuf::util::JsonStringToMessage({value.data(), value.size()}, &listed, options);
    if (!parsed.ok()) return corrupt("its list of members cannot be read");
    Member member;
    // etcd writes the number without leading zeros.
    member.set_id(std::string(16 - std::min<std::size_t>(16, key.size()), '0') + std::string(key));
    member.set_name(listed.name());
    *member.mutable_peer_urls() = listed.peerurls();
    *member.mutable_client_urls() = listed.clienturls();
    member.set_learner(listed.islearner());
    members_[member.id()] = member;
    return absl::OkStatus();
  }

  bool counts_;
  bool is_etcds_ = false;
  std::uint64_t entries_ = 0;
  SnapshotContents contents_;
  std::map<std::string, Member> members_;
  absl::flat_hash_set<std::size_t> alive_;
};

}  // namespace

absl::StatusOr<SnapshotContents> read_contents(const PageFile& file, KeyCount count) {
  Reading reading(count);
  const absl::Status visited = visit_database(file, [&](std::string_view bucket, std::string_view key, std::string_view value) {
    return reading.take(bucket, key, value);
  });
  if (!visited.ok()) return visited;
  return reading.finish();
}

}  // namespace quorate::snapshots
