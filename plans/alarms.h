// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "schemas/observation.pb.h"

namespace quorate {

inline constexpr const char* no_space_alarm = "NOSPACE";
inline constexpr const char* corrupt_alarm = "CORRUPT";

/// Whether a member knows that an alarm is raised, by itself or by another. It says so in its status: `memberID:1 alarm:NOSPACE `.
bool is_raised(const EndpointStatus& status, const std::string& alarm);

/// How large the node's database may become before etcd refuses writes: its --quota-backend-bytes, else etcd's 2 GiB.
std::uint64_t quota_bytes(const NodeFacts& facts);

}  // namespace quorate
