// SPDX-License-Identifier: Apache-2.0
#include "plans/alarms.h"

#include <algorithm>
#include <charconv>

#include "plans/lookup.h"

namespace quorate {
namespace {

constexpr std::uint64_t default_quota_bytes = 2ULL * 1024 * 1024 * 1024;

}  // namespace

bool is_raised(const EndpointStatus& status, const std::string& alarm) {
  return std::any_of(status.errors().begin(), status.errors().end(),
                     [&](const std::string& error) { return error.find("alarm:" + alarm) != std::string::npos; });
}

// 0 is etcd's default too; below 0 there is no quota, and no alarm either.
std::uint64_t quota_bytes(const NodeFacts& facts) {
  const std::optional<StaticPod> pod = current_pod(facts);
  const std::string text = pod ? pod->argument("quota-backend-bytes").value_or("") : "";
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc() && end == text.data() + text.size() && bytes > 0 ? bytes : default_quota_bytes;
}

}  // namespace quorate
