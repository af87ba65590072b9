// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>

#include "tests/plans/support/cluster_model.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {

/// The graph of DESIGN section 6. Each state of it, a cluster in some condition or one in which a run died, is planned once. Each
/// operation of its plan is an edge: done; died before it, or after it, which is also what an unknown outcome turns out to be;
/// failed for certain. From where a run died it is resumed, and abandoned; where it failed it is abandoned, as the engine does at
/// once. Whether an edge may be is the model's to say (cluster_model.h), which shares nothing with the planner or the proof. What
/// is wrong fails the test in hand, with the way that led to it.
class StateGraph {
 public:
  /// `most_broken`: runs on one way that are broken off; those after them end by themselves.
  explicit StateGraph(std::size_t most_broken) : most_broken_(most_broken) {}

  /// Every state that comes of this one. `story`: how it came about.
  void explore(const ScriptCase& start, const std::string& story);
  /// A plan leads to a state that is planned again, and so on: never to one that was before.
  void expect_ends() const;

  [[nodiscard]] std::string counts() const;

 private:
  struct Place {
    ClusterModel model;
    Request request;
    std::string story;       // how it came about
    std::size_t broken = 0;  // how many of the runs on the way were broken off
  };
  struct Run {
    const Plan& plan;
    Place at;
  };
  void expand(const Place& place, const std::string& key);
  void run_step(Run& run, const Step& step);
  void stop_between_nodes(const Run& run, const Step& step);
  void end(Place place, const Plan& plan, const std::string& key);
  void stop_here(const Place& place, const std::string& how);
  void reach(Place place) { work_.push_back(std::move(place)); }
  [[nodiscard]] bool may_break(const Place& place) const { return place.broken < most_broken_; }
  [[nodiscard]] std::string key_of(const Place& place) const;
  static void begin_run(const Plan& plan, Place& place);
  static void end_run(Place& place);
  [[noreturn]] static void fail(const Place& place, const Plan& plan, const std::string& what);

  std::size_t most_broken_;
  std::deque<Place> work_;
  std::map<std::string, std::string> next_;  // the state that a state's plan leads to; empty: it has none
  std::map<std::string, std::string> stories_;
  std::size_t situations_ = 0;
  std::size_t edges_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace quorate
