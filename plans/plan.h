// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plans/assess.h"
#include "plans/restore.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// What a plan is asked for.
struct Request {
  std::vector<Intent> intents = {};         ///< a person's; those of an unfinished run are added
  bool abandon = false;                     ///< the undo of the unfinished run
  bool no_snapshot = false;                 ///< none is saved before the first step that could cost data
  bool fence_only = false;                  ///< nothing but what stops hosts that are back with a given up cluster
  std::string survivors_prefix = "";        ///< nothing but the snapshots of what serves without a quorum: PREFIXnode1.db
  std::vector<WorkstationTool> tools = {};  ///< of spec.etcd.tools
  std::optional<SnapshotFile> snapshot = std::nullopt;  ///< of the restore that is asked for, as this workstation has it
  /// Of an approved plan, whose patience is kept while no database is more than twice as large: a busy cluster's grows. 0: none is.
  std::uint64_t database_bytes = 0;
};

/// The plan for what was seen: pure, and byte-equal for equal input. Refused is a plan without steps and with refusals.
Plan make_plan(const Spec& spec, const Observation& observation, const Request& request);

/// Its digest, without what changes while nothing happens: the databases' size, and who leads.
std::string plan_id(const Plan& plan);

/// Where the snapshots of survivors go, if that is what is asked for, or what the unfinished run is doing that this goes on with.
std::string survivors_prefix(const Request& request, const RunRecord* run);

/// The unfinished run that the nodes show, or null: the newest of them, given up where one node's record says so. One that a node
/// knows to have ended is none: its record was left on a node that was out of reach.
const RunRecord* unfinished_run(const Observation& observation);

/// Whether a plan brings the quorum back, or mends what is in an unfinished run's way, and does not come to what a person asked
/// for, or to the undo of a run: that is the same run's next plan.
bool leaves_what_was_asked(const Plan& plan);

/// Whether a run that is given up ends as it stands, with nothing undone: the quorum that this needs is gone for good, or the
/// restored cluster has taken clients and one of its nodes is out of reach. What is left is for the next plan.
bool ends_as_it_stands(const Plan& plan);

/// Whether it undoes its run, so that what that gave up is not given up.
bool undoes_run(const Plan& plan);

/// Writes down which members the plan adds and removes, what it sets, moves, renews and deletes: whoever goes on with its run does
/// no other.
void add_approved(const Plan& plan, RunRecord& record);

/// The same of a run that is gone on with.
void keep_approved(const RunRecord& unfinished, RunRecord& record);

/// What makes a plan stale where it changes, a line each: cluster, member IDs, URLs, roles, the condition of each node, manifests,
/// certificates, data identity, tools; not revisions, sizes, log tails, who leads, or whether a failing container happens to run at
/// the moment.
std::vector<std::string> facts_that_matter(const Observation& observation, const Situation& situation);

/// SHA-256 over these.
std::string facts_digest(const std::vector<std::string>& facts);

}  // namespace quorate
