// SPDX-License-Identifier: Apache-2.0
#include "plans/alarms.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "plans/lookup.h"

namespace quorate {
namespace {

constexpr std::uint64_t default_quota_bytes = 2ULL * 1024 * 1024 * 1024;

// 0 is etcd's default too; below 0 there is no quota, and no alarm either. Nothing: etcd would not start with it.
std::optional<std::uint64_t> quota_of(const std::string& text) {
  // Octal to etcd.
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  std::int64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (bytes == 0) return default_quota_bytes;
  return bytes < 0 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(bytes);
}

// 0: they say nothing that etcd would take.
std::uint64_t wanted_quota(const EtcdSettings& wanted) {
  const auto quota = wanted.extra_args().find(quota_flag);
  return quota == wanted.extra_args().end() ? 0 : quota_of(quota->second).value_or(0);
}

}  // namespace

bool is_raised(const EndpointStatus& status, const std::string& alarm) {
  return std::any_of(status.errors().begin(), status.errors().end(),
                     [&](const std::string& error) { return error.find("alarm:" + alarm) != std::string::npos; });
}

std::uint64_t quota_bytes(const StaticPod& pod) {
  return quota_of(pod.argument(quota_flag).value_or("")).value_or(default_quota_bytes);
}

std::uint64_t quota_bytes(const NodeFacts& facts) {
  const std::optional<StaticPod> pod = current_pod(facts);
  return pod ? quota_bytes(*pod) : default_quota_bytes;
}

std::string larger_quota(const EtcdSettings& wanted, const StaticPod& pod) {
  return has_larger_quota(wanted, quota_bytes(pod)) ? wanted.extra_args().at(quota_flag) : "";
}

std::uint64_t quota_bytes_by_then(const EtcdSettings& wanted, const StaticPod& pod) {
  return std::max(wanted_quota(wanted), quota_bytes(pod));
}

bool has_larger_quota(const EtcdSettings& wanted, std::uint64_t bytes) { return wanted_quota(wanted) > bytes; }

}  // namespace quorate
