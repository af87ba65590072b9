// SPDX-License-Identifier: Apache-2.0
#include "plans/addresses.h"

#include <algorithm>
#include <vector>

#include "plans/lookup.h"
#include "schemas/spec_reader.h"

namespace quorate {

std::string with_host(const std::string& url, const std::string& host) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const std::size_t bracket = url.find(']', scheme);
  const std::size_t port = url.find(':', bracket == std::string::npos ? scheme + 3 : bracket);
  const bool is_v6 = host.find(':') != std::string::npos;
  return url.substr(0, scheme + 3) + (is_v6 ? "[" + host + "]" : host) + (port == std::string::npos ? "" : url.substr(port));
}

std::map<std::string, std::string> moved_flags(const StaticPod& pod, const std::string& address) {
  const std::vector<std::string> advertised = split(pod.argument("initial-advertise-peer-urls").value_or(""), ',');
  const std::string from = advertised.empty() ? "" : host_of_url(advertised.front());
  std::map<std::string, std::string> moved;
  if (!is_ip_address(from) || from == address) return moved;
  for (const char* flag : {"advertise-client-urls", "initial-advertise-peer-urls", "listen-client-urls", "listen-peer-urls"}) {
    const std::string before = pod.argument(flag).value_or("");
    const std::vector<std::string> urls = split(before, ',');
    std::vector<std::string> after;
    for (const std::string& url : urls) {
      const std::string there = host_of_url(url) == from ? with_host(url, address) : url;
      // etcd does not listen at one twice, and ends.
      if (std::find(after.begin(), after.end(), there) == after.end()) after.push_back(there);
    }
    if (after != urls) moved[flag] = join(after, ",");
  }
  return moved;
}

}  // namespace quorate
