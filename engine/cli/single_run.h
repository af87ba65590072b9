// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "engine/cli/options.h"
#include "engine/execute.h"
#include "plans/plan.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate::cli {

/// A run that a command beside `apply` is for.
struct SingleRun {
  std::function<Request(const Observation&)> request;
  std::function<void(const Observation&, const Plan&)> done;  ///< says what has come of it
};

/// Looks, plans, shows the plan, asks, and carries it out; the command's exit code. Refused while another run is unfinished: that
/// is gone on with by `resume`.
int run_alone(const Options& options, const StopRequest& stop, const Spec& spec, const SingleRun& run);

}  // namespace quorate::cli
