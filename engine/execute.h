// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/journal.h"
#include "engine/lease.h"
#include "engine/progress.h"
#include "engine/world.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// Whether a run shall stop after the step in hand: at once where nothing of that was begun, or it only waits; and half a minute
/// later where what was begun cannot be done, or does not show.
class StopRequest {
 public:
  virtual ~StopRequest() = default;
  [[nodiscard]] virtual bool stop_requested() const = 0;
};

/// Goes on to the end.
class NeverStop : public StopRequest {
 public:
  [[nodiscard]] bool stop_requested() const override { return false; }
};

struct RunResult {
  bool done = false;
  bool changed = false;  ///< an operation was begun, and not just refused for now; otherwise everything is as it was
  bool acted = false;    ///< so in the step where it stopped
  bool certain = false;  ///< what was to be done was not; else it was interrupted, or how it ended is not known
  std::string step;      ///< where it stopped
  std::string detail;    ///< and why
};

/// Runs exactly this plan, step by step: guard, act, check by observation, journal. Stops at the first step whose guard does not
/// hold, that cannot be done, or whose checks do not come true in their time; everything done until then stays done, and the nodes'
/// record lets any workstation go on.
RunResult execute(const Spec& spec, const Plan& plan, World& world, Journal& journal, RunLease& lease, Progress& progress,
                  const StopRequest& stop);

}  // namespace quorate
