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

// walpb.Record{type = 1, crc = 2, data = 3}; metadataType is 1.
std::optional<std::string_view> metadata_of(std::string_view record) {
  std::uint64_t type = 0;
  std::string_view data;
  while (!record.empty()) {
    const std::optional<Field> field = take_field(&record);
    if (!field) return std::nullopt;
    if (field->number == 1) type = field->value;
    if (field->number == 3) data = field->bytes;
  }
  if (type != 1) return std::nullopt;
  return data;
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

}  // namespace

std::optional<DataIdentity> read_identity(std::string_view wal_head) {
  while (wal_head.size() >= 8) {
    const std::uint64_t word = little_endian(wal_head);
    wal_head.remove_prefix(8);
    const std::uint64_t length = word & ((1ULL << 56U) - 1U);
    // The top bit marks padding, whose size is in the three bits above the length.
    const std::uint64_t padding = (word >> 63U) != 0 ? (word >> 56U) & 7U : 0;
    if (length == 0 || length + padding > wal_head.size()) return std::nullopt;
    if (const std::optional<std::string_view> metadata = metadata_of(wal_head.substr(0, length))) {
      return identity_of(*metadata);
    }
    wal_head.remove_prefix(length + padding);
  }
  return std::nullopt;
}

}  // namespace quorate::node
