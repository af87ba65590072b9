// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "schemas/observation.pb.h"

namespace quorate {

/// A line for each manifest of etcd that sets environment variables: a record, a plan and a journal have its text whole, since the
/// manifest is written again from that, and a value could be a password. kubeadm sets none (etcd.local.extraEnvs of its v1beta4
/// does).
std::vector<std::string> recorded_environment(const Observation& observation);

}  // namespace quorate
