// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "schemas/observation.pb.h"
#include "schemas/static_pod.h"

namespace quorate {

inline constexpr const char* no_space_alarm = "NOSPACE";
inline constexpr const char* corrupt_alarm = "CORRUPT";

/// Whether a member knows that an alarm is raised, by itself or by another. It says so in its status: `memberID:1 alarm:NOSPACE `.
bool is_raised(const EndpointStatus& status, const std::string& alarm);

/// How large the node's database may become before etcd refuses writes: its --quota-backend-bytes, else etcd's 2 GiB.
std::uint64_t quota_bytes(const NodeFacts& facts);
std::uint64_t quota_bytes(const StaticPod& pod);

/// Whether they let the database become larger than the manifest does.
bool have_larger_quota(const std::map<std::string, std::string>& flags, const StaticPod& pod);

}  // namespace quorate
