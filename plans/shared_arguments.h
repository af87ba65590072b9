// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "schemas/static_pod.h"

namespace quorate {

/// Every flag of an etcd command line -> its value; `true` where it has none. The last one counts where a flag is repeated.
std::map<std::string, std::string> arguments_of(const std::vector<std::string>& command);

/// Of the wanted flags those that the manifest has not, or with another value.
std::map<std::string, std::string> other_arguments(const std::map<std::string, std::string>& wanted, const StaticPod& pod);

/// `--flag=value --other=value`, as etcd takes them.
std::string flags_text(const std::map<std::string, std::string>& flags);

/// The flags that a cluster's nodes have in common -> their values: those of etcd's command that are not one node's own (its name,
/// URLs, directories, certificates, what it was started with).
std::map<std::string, std::string> shared_arguments(const StaticPod& pod);

}  // namespace quorate
