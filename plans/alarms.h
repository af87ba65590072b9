// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"
#include "schemas/static_pod.h"

namespace quorate {

inline constexpr const char* quota_flag = "quota-backend-bytes";
inline constexpr const char* no_space_alarm = "NOSPACE";
inline constexpr const char* corrupt_alarm = "CORRUPT";

/// Whether a member knows that an alarm is raised, by itself or by another. It says so in its status: `memberID:1 alarm:NOSPACE `.
bool is_raised(const EndpointStatus& status, const std::string& alarm);

/// How large the node's database may become before etcd refuses writes: its --quota-backend-bytes, else etcd's 2 GiB.
std::uint64_t quota_bytes(const NodeFacts& facts);
std::uint64_t quota_bytes(const StaticPod& pod);

/// The quota that the spec's extraArgs have, as they have it, where it is larger than the manifest's; else empty.
std::string larger_quota(const EtcdSettings& wanted, const StaticPod& pod);

/// The larger of what the spec's extraArgs and the manifest say.
std::uint64_t quota_bytes_by_then(const EtcdSettings& wanted, const StaticPod& pod);

/// Whether the spec's extraArgs have a larger quota than that.
bool has_larger_quota(const EtcdSettings& wanted, std::uint64_t bytes);

}  // namespace quorate
