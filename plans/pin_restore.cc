// SPDX-License-Identifier: Apache-2.0
// What a restore leaves open is chosen once, when the plan is made: whoever goes on with it makes the same cluster.
#include <algorithm>
#include <set>

#include "plans/bytes_text.h"
#include "plans/disk_use.h"
#include "plans/finding.h"
#include "plans/image_version.h"
#include "plans/lookup.h"
#include "plans/node_condition.h"
#include "plans/procedures/procedures.h"
#include "plans/restore.h"
#include "plans/restore_tool.h"
#include "plans/snapshot_verdict.h"
#include "plans/steps/steps.h"
#include "plans/survivors.h"
#include "schemas/digest.h"
#include "schemas/json.h"
#include "schemas/restore_arguments.h"

namespace quorate {
namespace {

// A week at 1500 writes a second (etcd's own advice for --bump-revision).
constexpr std::int64_t revisions_ahead = 1000000000;
constexpr std::int64_t writes_a_second = 1500;

class Pinning {
 public:
  Pinning(const Spec& spec, const Observation& observation, const Situation& situation, Intent::Restore& restore)
      : spec_(spec), observation_(observation), situation_(situation), restore_(restore) {}

  std::vector<Finding> pin(const std::optional<SnapshotFile>& snapshot);

 private:
  void refuse(const std::string& subject, const std::string& summary, const std::string& remedy,
              std::vector<std::string> evidence = {}) {
    refusals_.push_back(make_finding(FindingKind::intent_refused,
                                     {.subject = subject, .summary = summary, .evidence = std::move(evidence), .remedy = remedy}));
  }

  void pin_snapshot(const std::optional<SnapshotFile>& snapshot);
  void check_snapshot(const std::optional<SnapshotFile>& snapshot);
  void pin_version();
  void pin_survivor();
  void pin_kept_cluster();
  [[nodiscard]] std::string other_ways() const;
  void pin_drill(const std::optional<SnapshotFile>& snapshot);
  bool answers(const NodeSituation& node);
  void pin_nodes();
  void check_node(const NodeSituation& node);
  void check_tools(const NodeSituation& node);
  void check_space(const NodeSituation& node, const NodeFacts& facts);
  void pin_bump();
  void pin_token();
  void pin_given_up();
  [[nodiscard]] const NodeFacts& facts_of(const std::string& node) const { return find_node(observation_, node)->facts(); }

  const Spec& spec_;
  const Observation& observation_;
  const Situation& situation_;
  Intent::Restore& restore_;
  std::vector<Finding> refusals_;
};

void Pinning::pin_snapshot(const std::optional<SnapshotFile>& snapshot) {
  if (!snapshot || !snapshot->problem.empty()) {
    refuse("", "The snapshot cannot be restored.", "Name one that `quorate snapshot verify` finds good.",
           {restore_.source() + ": " + (snapshot ? snapshot->problem : "it was not read")});
    return;
  }
  const bool described = snapshot->descriptor && snapshot->descriptor->cluster() == spec_.metadata().name();
  const std::string foreign = described ? "" : foreign_because(snapshot->contents, spec_, Kinship::address_or_name);
  if (!foreign.empty()) {
    refuse("", "The snapshot is of another cluster.", "Name one of this cluster's, or name the spec's members as in it.",
           {restore_.source() + ": " + foreign});
    return;
  }
  restore_.set_sha256(snapshot->sha256);
  restore_.set_bytes(snapshot->bytes);
  restore_.set_without_trailer(snapshot->without_trailer);
  restore_.set_revision(snapshot->contents.revision());
  restore_.set_keys(snapshot->contents.keys());
}

// The file that a plan was made for is another by now, or is not here any more.
void Pinning::check_snapshot(const std::optional<SnapshotFile>& snapshot) {
  if (restore_.recovers()) return;
  if (snapshot && snapshot->problem.empty() && snapshot->sha256 != restore_.sha256()) {
    refuse("", "The snapshot is not the one that this was planned with.", "Plan again.",
           {restore_.source() + ": sha256 " + snapshot->sha256, "planned: sha256 " + restore_.sha256()});
  }
}

std::string Pinning::other_ways() const {
  if (keeps_cluster(restore_)) {
    return "It takes one that still serves, since only that tells which members are given up. Else: --method data-directory";
  }
  const bool has_database = choose_survivor(spec_, observation_, situation_, restore_.survivor(), Intent::Restore::DATABASE).ok();
  return has_database ? "Where a backup is: --restore SNAPSHOT. Or what its database file holds, without its log: --method database"
                      : "Where a backup is: --restore SNAPSHOT.";
}

// What runs, or would by its manifest; each node's own says more, where it has one.
void Pinning::pin_version() {
  std::optional<EtcdVersion> newest = version_of_image(spec_.spec().etcd().image());
  const auto see = [&](const std::string& text) {
    const std::optional<EtcdVersion> version = version_of_image(text);
    if (version && (!newest || *version > *newest)) newest = version;
  };
  for (const NodeObservation& node : observation_.nodes()) {
    see(node.endpoint().status().version());
    if (const std::optional<StaticPod> pod = current_pod(node.facts())) see(pod->image);
  }
  if (newest) restore_.set_etcd_version(text_of(*newest));
}

// The mildest way first: to start what is only stopped loses nothing.
void Pinning::pin_survivor() {
  if (situation_.quorum()) {
    refuse("", "There is a quorum, and nothing to recover.", "See quorate plan.");
    return;
  }
  if (!restore_.method_named() && could_start_a_quorum(situation_)) {
    refuse("", "Enough members run, or can be started, as they are, which loses nothing.",
           "quorate plan; or, where that cannot be: name a --method.", survivors(observation_));
    return;
  }
  const absl::StatusOr<Survivor> chosen = choose_survivor(spec_, observation_, situation_, restore_.survivor(), restore_.method());
  if (!chosen.ok()) {
    refuse(restore_.survivor(), message_of(chosen.status()), other_ways(), survivors(observation_));
    return;
  }
  restore_.set_survivor(chosen->node);
  restore_.set_method(chosen->method);
  restore_.set_without_trailer(chosen->method == Intent::Restore::DATABASE);
  restore_.set_revision(find_node(observation_, chosen->node)->endpoint().status().revision());
  if (keeps_cluster(restore_)) pin_kept_cluster();
  const bool is_run = chosen->method == Intent::Restore::DATA_DIRECTORY || keeps_cluster(restore_);
  if (!is_run || etcd_program(facts_of(chosen->node), restore_)) return;
  refuse(chosen->node, "To serve a copy of its data there is no `ctr` with the etcd image that it ran from.",
         std::string("Bring that image there; or name a folder here with the cluster's etcd and etcdctl as spec.etcd.tools; or, ") +
             (keeps_cluster(restore_) ? "with what restores a snapshot: --method snapshot"
                                      : "without what is only in its log: --method database"));
}

// The others join it one by one.
void Pinning::pin_kept_cluster() {
  const EndpointStatus& status = find_node(observation_, restore_.survivor())->endpoint().status();
  restore_.set_seed(true);
  restore_.set_kept_cluster_id(status.cluster_id());
  restore_.set_kept_member_id(status.member_id());
}

bool Pinning::answers(const NodeSituation& node) {
  if (node.access == Access::answers) return true;
  if (node.access == Access::barred) {
    refuse(node.name, "It cannot be worked on, and its etcd and API server may run on with the old data.",
           "Put right what keeps quorate out, then ask again.", {find_node(observation_, node.name)->ssh().detail()});
  } else if (!node.asserted_lost) {
    refuse(node.name, "It does not answer, and its etcd and API server may run on with the old data.",
           "Bring it back; or, where it is gone for good: --lost " + node.name);
  }
  return false;
}

void Pinning::pin_nodes() {
  std::vector<std::string> parts;
  for (const NodeSituation& node : situation_.nodes) {
    if (!answers(node)) continue;
    const std::string& wanted = restore_.seed_node().empty() ? restore_.survivor() : restore_.seed_node();
    const bool restored = !restore_.seed() || (parts.empty() && (wanted.empty() || wanted == node.name));
    if (!restored) {
      restore_.add_others(node.name);
      continue;
    }
    const std::string url = peer_url_for(spec_, observation_, situation_, node.name);
    if (url.empty()) refuse(node.name, "No peer URL can be made for it.", "Give it an `address` in the spec.");
    parts.push_back(node.name + "=" + url);
  }
  if (parts.empty()) {
    refuse(restore_.seed_node(), "There is no node to restore on.", "Name one of the spec's members that answers.");
  }
  std::sort(parts.begin(), parts.end());
  restore_.set_initial_cluster(join(parts, ","));
}

// Where it does not serve, all that it holds: its database is a part of that.
std::uint64_t bytes_of_survivor(const NodeObservation& survivor) {
  if (survivor.endpoint().has_status()) return survivor.endpoint().status().database_bytes();
  return survivor.facts().data_directory().used_bytes();
}

void Pinning::check_space(const NodeSituation& node, const NodeFacts& facts) {
  const DataDirectory& data = facts.data_directory();
  const NodeObservation* survivor = find_node(observation_, restore_.survivor());
  const std::uint64_t database = survivor == nullptr ? restore_.bytes() : bytes_of_survivor(*survivor);
  const std::uint64_t copy = is_copied(restore_, node.name) ? data.used_bytes() : 0;
  const std::uint64_t restored = keeps_cluster(restore_) ? 0 : 2 * database;
  const std::uint64_t needed = restored + log_bytes + copy;
  if (!data.has_free_bytes() || data.free_bytes() >= needed) return;
  std::vector<std::string> evidence = disk_use_text(data);
  evidence.push_back("needed: " + text_of_bytes(needed));
  refuse(node.name, "Its disk has too little room for the snapshot and what is restored from it.", "Make room there.", evidence);
}

// Everything that a restore will need is found before anything is stopped. Also what only joins later is stopped first.
void Pinning::check_node(const NodeSituation& node) {
  if (!node.kubelet_active) {
    refuse(node.name, "Its kubelet does not run, so etcd can be neither stopped nor started there.", kubelet_remedy(node));
  }
  if (node.etcd_unseen) refuse(node.name, "What runs on it cannot be seen.", "See the finding fact-unknown.");
  if (node.data_unseen) refuse(node.name, "Its data directory cannot be seen.", "See the finding fact-unknown.");
  if (node.separate_wal) {
    refuse(node.name, "Its etcd keeps its write-ahead log in a directory of its own (--wal-dir), which no step sets aside yet.",
           "Take --wal-dir out of its manifest.");
  }
}

void Pinning::check_tools(const NodeSituation& node) {
  const NodeFacts& facts = facts_of(node.name);
  if (!keeps_cluster(restore_) && !restore_tool(facts, restore_, node.name)) {
    refuse(node.name,
           "Nothing to restore with is on it: neither etcdutl nor etcdctl (3.4 or 3.5) of about its etcd's version, no etcd runs "
           "whose "
           "container has them, and there is no `ctr` with an etcd image that it could mount.",
           "Put etcdutl of the cluster's version into its PATH; or name a folder here that has it as spec.etcd.tools.");
  }
  check_space(node, facts);
}

std::int64_t highest_revision(const Observation& observation) {
  std::int64_t highest = 0;
  for (const NodeObservation& node : observation.nodes()) highest = std::max(highest, node.endpoint().status().revision());
  return highest;
}

// Where no etcd tells how far it is, clients may have seen what an earlier restore's bump had come to: beyond what the clock allows
// there was no revision, at that rate, nor will one be behind it at the next restore.
std::int64_t bump_of(const Observation& observation, const Intent::Restore& restore) {
  const std::int64_t highest = highest_revision(observation);
  if (highest > 0 || restore.recovers()) return std::max<std::int64_t>(0, highest - restore.revision()) + revisions_ahead;
  return std::max(revisions_ahead, observation.taken_at_seconds() * writes_a_second + revisions_ahead - restore.revision());
}

void Pinning::pin_bump() {
  const std::vector<std::string> nodes = restored_nodes(restore_);
  const bool all_can = std::all_of(nodes.begin(), nodes.end(), [&](const std::string& node) {
    const std::optional<Tool> tool = restore_tool(facts_of(node), restore_, node);
    return tool && can_bump(*tool);
  });
  restore_.set_bump(all_can ? bump_of(observation_, restore_) : 0);
}

// With a token that was used before, old members and restored ones take one another for their own (etcd-facts 2.4). The moment of
// the observation makes it another one each time.
void Pinning::pin_token() {
  const std::string text = to_json(observation_, JsonForm::line) + to_json(restore_, JsonForm::line);
  restore_.set_token("quorate-" + sha256_hex(text).substr(0, 24));
}

// What is there now goes out of force. Members of it may be out of reach, and whoever comes back with it must not serve it.
void Pinning::pin_given_up() {
  std::set<std::string> clusters;
  for (const NodeObservation& node : observation_.nodes()) {
    const DataDirectory& data = node.facts().data_directory();
    if (node.endpoint().has_status()) clusters.insert(node.endpoint().status().cluster_id());
    if (data.initialised() && data.has_cluster_id()) clusters.insert(data.cluster_id());
  }
  const GivenUp given_up(observation_);
  std::erase_if(clusters, [&](const std::string& cluster) {
    return given_up.contains_cluster(cluster) || cluster == restore_.kept_cluster_id();
  });
  for (const std::string& cluster : clusters) restore_.add_gives_up(cluster);
  if (!keeps_cluster(restore_)) return;
  for (const Member& member : find_node(observation_, restore_.survivor())->endpoint().member_list().members()) {
    if (member.id() == restore_.kept_member_id()) continue;
    restore_.add_gives_up(given_up_member(restore_.kept_cluster_id(), member.id()));
  }
}

// A member of its own, which nobody else ever meets.
void Pinning::pin_drill(const std::optional<SnapshotFile>& snapshot) {
  const std::string& name = restore_.drill_node();
  const auto node = std::find_if(situation_.nodes.begin(), situation_.nodes.end(),
                                 [&](const NodeSituation& candidate) { return candidate.name == name; });
  if (node == situation_.nodes.end() || node->access != Access::answers) {
    refuse(name, "It is no node of the spec that answers.", "See quorate status.");
    return;
  }
  pin_snapshot(snapshot);
  if (snapshot && snapshot->descriptor && snapshot->descriptor->has_hash()) restore_.set_hash(snapshot->descriptor->hash());
  const NodeFacts& facts = facts_of(name);
  if (!restore_tool(facts, restore_, name) || !etcd_program(facts, restore_)) {
    refuse(name, "There is no etcd on it that could be run beside its own, with etcdctl, or with what restores.",
           "`ctr` and the etcd image are what it takes; or name a folder here with the cluster's etcd and its tools as "
           "spec.etcd.tools.");
  }
  check_space(*node, facts);
  if (!refusals_.empty()) return;
  restore_.set_initial_cluster(name + "=http://localhost:2380");
  pin_token();
}

std::vector<Finding> Pinning::pin(const std::optional<SnapshotFile>& snapshot) {
  if (!restore_.token().empty()) {
    check_snapshot(snapshot);
    return refusals_;
  }
  pin_version();
  if (!restore_.drill_node().empty()) {
    pin_drill(snapshot);
    return refusals_;
  }
  restore_.recovers() ? pin_survivor() : pin_snapshot(snapshot);
  if (restore_.recovers() && !refusals_.empty()) return refusals_;
  pin_nodes();
  for (const NodeSituation& node : situation_.nodes) {
    const std::vector<std::string> nodes = restored_nodes(restore_);
    const bool restored = std::find(nodes.begin(), nodes.end(), node.name) != nodes.end();
    if (node.access == Access::answers) check_node(node);
    if (restored || is_copied(restore_, node.name)) check_tools(node);
  }
  if (!refusals_.empty()) return refusals_;
  pin_given_up();
  if (!keeps_cluster(restore_)) pin_bump();
  pin_token();
  return refusals_;
}

}  // namespace

std::vector<Finding> pin_restore(const Spec& spec, const Observation& observation, const Situation& situation,
                                 const std::optional<SnapshotFile>& snapshot, Intent::Restore& restore) {
  return Pinning(spec, observation, situation, restore).pin(snapshot);
}

}  // namespace quorate
