// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schemas/etcd/rpc.pb.h"
#include "schemas/observation.pb.h"

namespace quorate::etcd {

/// An ID as the records hold it: 16 lower-case hex digits.
std::string identifier_text(std::uint64_t identifier);

/// Back again. None where it is no ID; leading zeros may be missing, since etcdctl leaves them out.
std::optional<std::uint64_t> parse_identifier(const std::string& text);

EndpointStatus to_record(const etcdserverpb::StatusResponse& response);
/// Sorted by ID.
MemberList to_record(const etcdserverpb::MemberListResponse& response);

}  // namespace quorate::etcd
