// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/snapshot.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// A snapshot on the workstation, as it was read there.
struct SnapshotFile {
  std::uint64_t bytes = 0;
  std::string sha256;            ///< of the database in it, hex
  bool without_trailer = false;  ///< a copied database file
  SnapshotContents contents;
  std::optional<SnapshotDescriptor> descriptor;
  std::string problem;  ///< why it is no good, or cannot be read here; empty: it is
};

/// The restore among these intents, or null.
const Intent::Restore* restore_among(const std::vector<Intent>& intents);

/// Chooses what a restore leaves open, and writes it into the intent: the nodes and their peer URLs, a token that was never used,
/// the bump of the revision, the snapshot's own facts. What is pinned already stays. The findings are why it cannot be done.
std::vector<Finding> pin_restore(const Spec& spec, const Observation& observation, const Situation& situation,
                                 const std::optional<SnapshotFile>& snapshot, Intent::Restore& restore);

/// How far the restore has come on every node, seen from what was pinned.
void mark_restore(const Observation& observation, const Intent::Restore& restore, const std::string& run_id, Situation& situation);

/// The nodes that are restored, in the order of `initial_cluster`, and a node's peer URLs in it, separated by commas.
std::vector<std::string> restored_nodes(const Intent::Restore& restore);
std::string restored_peer_urls(const Intent::Restore& restore, const std::string& node);

/// Whether the old cluster goes on as one of its members, without the others, under its own ID.
bool keeps_cluster(const Intent::Restore& restore);

/// The cluster's ID, as etcd will compute it, or as it was.
std::string restored_cluster_id(const Intent::Restore& restore);

/// The revision that the restored cluster begins with.
std::int64_t restored_revision(const Intent::Restore& restore);

/// Where a run sets data aside in a data directory, and where it restores: beside the data, on its file system.
std::string set_aside_folder(const NodeFacts& facts, const std::string& run_id);
std::string restore_folder(const NodeFacts& facts, const std::string& run_id);

/// Whether the run has set a member's data aside there, and that is there.
bool has_set_aside(const NodeFacts& facts, const std::string& run_id);

}  // namespace quorate
