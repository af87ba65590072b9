// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "schemas/static_pod.h"

namespace quorate {

/// The URL with another host; the scheme and the port stay.
std::string with_host(const std::string& url, const std::string& host);

/// etcd's flags that name the address at which the manifest says that it is reached -> their values with another in its place.
/// Those that stay as they are, with a wildcard or other addresses beside it, are left out.
std::map<std::string, std::string> moved_flags(const StaticPod& pod, const std::string& address);

}  // namespace quorate
