// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/execute.h"
#include "engine/lease.h"
#include "engine/live_world.h"
#include "plans/plan.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate::cli {

/// What a person has approved, and what it came from.
struct Approved {
  Request request;
  Observation observation;              ///< from which it was planned
  std::optional<RunRecord> unfinished;  ///< the run that it goes on with
  Plan plan;
};

/// How the run of an approved plan ended.
enum class RunEnd {
  done,
  not_everything,   ///< done; some of what was found is left as it was
  not_begun,        ///< nothing was changed; the reason has been said
  cluster_changed,  ///< nothing was changed: other steps would be right by now
  interrupted,      ///< by Ctrl-C, before anything was changed
  stopped,          ///< half-way; both ways out have been said
  put_back,         ///< it failed, and what it had begun is undone
};

/// Runs approved plans under the lease, and says on standard output how that goes.
class PlanRun {
 public:
  PlanRun(const Spec& spec, LiveWorld& world, const StopRequest& stop);

  /// Takes the lease, looks whether the plan still stands, and runs it.
  RunEnd carry_out(const Approved& approved);

  /// Ends an unfinished run that has nothing left to do. Whether it could.
  bool end_unfinished(const Approved& approved);

  /// Of nodes that were out of reach when their run ended. They say nothing any more, and where one cannot be taken away it stays.
  void take_ended_records_away(const Observation& observation);

 private:
  [[nodiscard]] std::optional<RunEnd> put_back(const Plan& plan, const RunResult& failed, RunLease& lease, Journal& journal);
  RunEnd leave_unfinished(const std::string& next, RunLease& lease, const Journal& journal);
  RunEnd pause(const Plan& plan, RunLease& lease, const Journal& journal);
  RunEnd stop(const Approved& approved, const RunResult& result, RunLease& lease, const Journal& journal);
  bool settles(const Approved& approved);
  bool still_stands(const Approved& approved);
  [[nodiscard]] bool is_as_approved(const Approved& approved, Observation now) const;
  [[nodiscard]] RunRecord record(const Approved& approved) const;
  [[nodiscard]] std::vector<std::string> member_names() const;

  const Spec& spec_;
  LiveWorld& world_;
  const StopRequest& stop_;
  const std::string suffix_;  // this process's: it never shuts itself out
};

/// Whether nothing of what was found is left as it was, and every voter serves: only then is an empty or finished plan a success.
bool is_all_well(const Spec& spec, const Plan& plan, const Observation& observation);

}  // namespace quorate::cli
