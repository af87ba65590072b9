// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include <functional>
#include <string_view>

#include "providers/snapshots/page_file.h"

namespace quorate::snapshots {

/// Called with each key of each of etcd's buckets; keys ascend within one.
using Visitor = std::function<absl::Status(std::string_view bucket, std::string_view key, std::string_view value)>;

/// Reads every page that the database reaches, each once, and holds only the pages from the root to the one in hand. corrupt: a
/// page is not what another says, is reached twice, or its keys do not ascend. An error of the visitor's is passed on.
absl::Status visit_database(const PageFile& file, const Visitor& visitor);

}  // namespace quorate::snapshots
