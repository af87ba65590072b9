// SPDX-License-Identifier: Apache-2.0
#include "providers/etcd/conversions.h"

#include <catch2/catch.hpp>

namespace quorate::etcd {
namespace {

TEST_CASE("IDs are 16 hex digits") {
  CHECK(identifier_text(0x03f9f1bc04d8ad54) == "03f9f1bc04d8ad54");
  CHECK(identifier_text(0) == "0000000000000000");
  CHECK(identifier_text(~std::uint64_t{0}) == "ffffffffffffffff");
  CHECK(parse_identifier("03f9f1bc04d8ad54") == 0x03f9f1bc04d8ad54U);
  CHECK(parse_identifier("3f9f1bc04d8ad54") == 0x03f9f1bc04d8ad54U);
  for (const std::string text : {"", " 1", "1 ", "0x1", "-1", "g", "10000000000000000"}) {
    INFO(text);
    CHECK_FALSE(parse_identifier(text).has_value());
  }
}

TEST_CASE("a status without a leader has none") {
  etcdserverpb::StatusResponse response;
  response.set_dbsize(-1);
  const EndpointStatus record = to_record(response);
  CHECK(record.leader_id().empty());
  CHECK(record.database_bytes() == 0);
  response.set_leader(1);
  CHECK(to_record(response).leader_id() == "0000000000000001");
}

TEST_CASE("members are sorted by ID as numbers") {
  etcdserverpb::MemberListResponse response;
  for (const std::uint64_t id : {0x9000000000000000U, 0x10UL, 0x9UL}) response.add_members()->set_id(id);
  const MemberList record = to_record(response);
  REQUIRE(record.members_size() == 3);
  CHECK(record.members(0).id() == "0000000000000009");
  CHECK(record.members(1).id() == "0000000000000010");
  CHECK(record.members(2).id() == "9000000000000000");
}

}  // namespace
}  // namespace quorate::etcd
