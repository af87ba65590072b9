// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"

namespace quorate::cli {

/// What spec.etcd.tools has of etcd, etcdctl and etcdutl, each with the version that it says when it is run here; where none of the
/// intents is a restore, or the spec names no folder, nothing. What cannot be used is said on standard error, and left out.
std::vector<WorkstationTool> workstation_tools(const Spec& spec, const std::vector<Intent>& intents);

}  // namespace quorate::cli
