// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/world.h"
#include "plans/lookup.h"
#include "schemas/observation.pb.h"
#include "schemas/outcome.h"
#include "schemas/status.h"

namespace quorate {

/// One run at a time per cluster: a lease on a majority of the spec's nodes, or on all that can be reached where those are fewer,
/// for 60 seconds by each node's clock, renewed every 15 while this lives. Each changing call on a node tests it again by itself;
/// what is asked of etcd is preceded by confirm(), which is not the same instant: that much is weaker.
class RunLease {
 public:
  /// A node on which a call was not done, or may not be.
  struct NotDone {
    std::string node;
    std::string why;
  };

  RunLease(World& world, std::vector<std::string> nodes, RunRecord record);
  RunLease(const RunLease&) = delete;
  RunLease& operator=(const RunLease&) = delete;
  ~RunLease();

  /// Takes it, over those that the claim covers. denied: another run holds it, or has left a record that the claim does not know
  /// of; with whose it is. unavailable: too few nodes took it, or not each of `needed`, those that will be changed; then none is
  /// left with it, but that the record of an unfinished run stays where one was. `recorded_on`: the nodes that showed the record of
  /// the run that this goes on with; where none has one any more the run was ended meanwhile (denied), or who has it is out of
  /// reach (unavailable).
  absl::Status take(const node::Claim& claim, const std::set<std::string>& needed, const std::set<std::string>& recorded_on = {});

  /// Whether enough nodes have renewed it within the last 45 seconds.
  [[nodiscard]] bool valid() const;

  /// Renews it now, on all nodes at once: whether a majority of the spec's nodes, or all that gave it where those are fewer, still
  /// do.
  bool confirm();

  /// Removes the record from every node: the run has ended. Where it is left, and why: it says nothing any more where another node
  /// knows of the end; else it expires there, and the next plan finds nothing left to do for it.
  std::vector<NotDone> release() { return release({begun_as(record_), false}); }

  /// The same of a run that was undone: what it gave up is not given up.
  std::vector<NotDone> release_undone() { return release({begun_as(record_), true}); }

  /// Removes the record, and nobody remembers it.
  std::vector<NotDone> withdraw() { return release(node::RunEnded{}); }

  /// Whether a node knows of the end.
  [[nodiscard]] bool is_remembered() const { return remembered_; }

  /// Stops renewing, and leaves the record: the run is unfinished.
  void leave();

  /// Whether only a minority of the spec's nodes carries it, so that a run on the other side could hold one too.
  [[nodiscard]] bool minority() const { return taken().size() <= nodes_.size() / 2; }

  /// From here on the record says that the run is undone: whoever goes on with it goes on with that. False: no node took it, as
  /// where its disk is full, and the record is as it was.
  bool mark_abandoning();

  /// Whose lease was taken over, for people; empty: nobody's.
  [[nodiscard]] const std::string& taken_over() const { return taken_over_; }

  [[nodiscard]] const std::string& run_id() const { return record_.run_id(); }

 private:
  using NodeCall = std::function<Outcome(node::Node&, node::Deadline)>;

  // A node that has the lease, as far as is known.
  struct Carrier {
    bool sure = false;       // else its answer was lost, and it may have it all the same
    bool inherited = false;  // it had a run's record before
    bool continued = false;  // that was of this very run
  };

  std::vector<NotDone> release(const node::RunEnded& ended);
  absl::Status take_each(const node::Claim& claim, const std::set<std::string>& needed);
  [[nodiscard]] absl::Status still_unfinished(const std::set<std::string>& recorded_on) const;
  [[nodiscard]] std::vector<std::string> taken() const;
  void note_holder(const std::string& name, const RunRecord& holder, const std::string& dead_lease);
  void renew_until_stopped();
  /// All at once.
  std::vector<NotDone> on_each(const std::vector<std::string>& names, const NodeCall& call);
  [[nodiscard]] std::size_t majority() const { return nodes_.size() / 2 + 1; }

  World& world_;
  std::vector<std::string> nodes_;
  RunRecord record_;
  std::map<std::string, Carrier> carriers_;
  std::string taken_over_;
  bool remembered_ = false;
  std::atomic<std::chrono::steady_clock::time_point> renewed_{};
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread renewer_;
};

}  // namespace quorate
