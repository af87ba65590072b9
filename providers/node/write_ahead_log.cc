// SPDX-License-Identifier: Apache-2.0
#include "providers/node/write_ahead_log.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace quorate::node {
namespace {

// Just enough of the protobuf wire format: varints and byte strings by field number.
struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes;
};

std::optional<std::uint64_t> take_varint(std::string_view* rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest->empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest->front());
    rest->remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<Field> take_field(std::string_view* rest) {
  const std::optional<std::uint64_t> key = take_varint(rest);
  if (!key || ((*key & 7U) != 0 && (*key & 7U) != 2)) return std::nullopt;
  const std::optional<std::uint64_t> value = take_varint(rest);
  if (!value) return std::nullopt;
  Field field{*key >> 3U, *value, {}};
  if ((*key & 7U) == 0) return field;
  if (*value > rest->size()) return std::nullopt;
  field.bytes = rest->substr(0, *value);
  rest->remove_prefix(*value);
  return field;
}

std::string to_hex(std::uint64_t identifier) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(identifier));
  return digits.data();
}

// walpb.Record{type = 1, crc = 2, data = 3}, and its types.
constexpr std::uint64_t metadata_type = 1;
constexpr std::uint64_t entry_type = 2;
constexpr std::uint64_t state_type = 3;

struct Record {
  std::uint64_t type = 0;
  std::string_view data;
};

std::optional<Record> read_record(std::string_view bytes) {
  Record record;
  while (!bytes.empty()) {
    const std::optional<Field> field = take_field(&bytes);
    if (!field) return std::nullopt;
    if (field->number == 1) record.type = field->value;
    if (field->number == 3) record.data = field->bytes;
  }
  return record;
}

// Of a message of numbers and bytes; 0 where it is not there.
std::uint64_t number_in(std::string_view message, std::uint64_t field_number) {
  std::uint64_t value = 0;
  while (!message.empty()) {
    const std::optional<Field> field = take_field(&message);
    if (!field) return value;
    if (field->number == field_number) value = field->value;
  }
  return value;
}

// etcdserverpb.Metadata{NodeID = 1, ClusterID = 2}.
std::optional<DataIdentity> identity_of(std::string_view metadata) {
  std::uint64_t member = 0;
  std::uint64_t cluster = 0;
  while (!metadata.empty()) {
    const std::optional<Field> field = take_field(&metadata);
    if (!field) return std::nullopt;
    if (field->number == 1) member = field->value;
    if (field->number == 2) cluster = field->value;
  }
  if (member == 0 || cluster == 0) return std::nullopt;
  return DataIdentity{to_hex(member), to_hex(cluster)};
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 8; i > 0; --i) word = word << 8U | static_cast<unsigned char>(bytes[i - 1]);
  return word;
}

constexpr std::size_t word_bytes = 8;

// A little-endian word, and behind it a record and what fills it up to a multiple of eight.
struct Frame {
  std::uint64_t length = 0;  // of the record; 0: nothing was written from here on
  std::uint64_t padding = 0;
};

Frame read_frame(std::string_view bytes) {
  const std::uint64_t word = little_endian(bytes);
  // The top bit marks padding, whose size is in the three bits above the length.
  return {word & ((1ULL << 56U) - 1U), (word >> 63U) != 0 ? (word >> 56U) & 7U : 0};
}

// etcd's own limit of a record (wal/decoder.go, 10 MiB), with room for who raises --max-request-bytes.
constexpr std::uint64_t longest_record = 64ULL << 20U;

}  // namespace

bool LogReader::add(std::string_view bytes) {
  pending_.append(bytes);
  std::size_t at = 0;
  while (!ended_ && pending_.size() - at >= word_bytes) {
    const std::string_view rest = std::string_view(pending_).substr(at);
    const Frame frame = read_frame(rest);
    ended_ = frame.length == 0 || frame.length > longest_record;
    if (ended_ || frame.length + frame.padding > rest.size() - word_bytes) break;
    take(rest.substr(word_bytes, frame.length));
    at += word_bytes + frame.length + frame.padding;
  }
  pending_.erase(0, at);
  return !ended_;
}

void LogReader::take(std::string_view bytes) {
  const std::optional<Record> record = read_record(bytes);
  if (!record) {
    ended_ = true;
    return;
  }
  // raftpb.HardState{term = 1, vote = 2, commit = 3}.
  if (record->type == state_type) commit_ = number_in(record->data, 3);
  if (record->type != entry_type) return;
  // raftpb.Entry{type = 1, term = 2, index = 3, data = 4}. A lower index overwrites all behind it.
  has_entry_ = true;
  term_ = number_in(record->data, 2);
  index_ = number_in(record->data, 3);
}

std::optional<LogEnd> LogReader::end() const {
  if (!has_entry_) return std::nullopt;
  LogEnd end;
  end.set_term(term_);
  end.set_index(index_);
  end.set_commit(commit_);
  return end;
}

std::optional<DataIdentity> read_identity(std::string_view wal_head) {
  while (wal_head.size() >= word_bytes) {
    const Frame frame = read_frame(wal_head);
    wal_head.remove_prefix(word_bytes);
    if (frame.length == 0 || frame.length + frame.padding > wal_head.size()) return std::nullopt;
    const std::optional<Record> record = read_record(wal_head.substr(0, frame.length));
    if (record && record->type == metadata_type) return identity_of(record->data);
    wal_head.remove_prefix(frame.length + frame.padding);
  }
  return std::nullopt;
}

}  // namespace quorate::node
