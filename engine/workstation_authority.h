// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "providers/node/node.h"
#include "schemas/observation.pb.h"
#include "schemas/status.h"

namespace quorate {

/// The CA of a folder on the workstation, spec.certificates.authority, as a record, without its key; `problem` says why it is none.
Certificate observe_workstation_authority(const std::string& folder);

/// So, with its key, in memory only. not_found, unavailable: one of the two files cannot be read.
absl::StatusOr<node::Authority> read_workstation_authority(const std::string& folder);

}  // namespace quorate
