// SPDX-License-Identifier: Apache-2.0
// The graph of DESIGN section 6. Each state of it, a cluster in some condition or one in which a run died, is planned once. Each
// operation of its plan is an edge: done; died before it, or after it, which is also what an unknown outcome turns out to be;
// failed for certain. From where a run died it is resumed, and abandoned; where it failed it is abandoned, as the engine does at
// once. Whether an edge may be is the model's to say (support/cluster_model.h), which shares nothing with the planner or the proof.
#include <algorithm>
#include <deque>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "plans/finding.h"
#include "plans/lookup.h"
#include "plans/operation_text.h"
#include "plans/plan.h"
#include "plans/plan_text.h"
#include "schemas/digest.h"
#include "tests/plans/support/cluster_model.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

const std::vector<std::string>& conditions() {
  // The commonest first.
  static const std::vector<std::string> lines = {"voter",
                                                 "silent",
                                                 "wiped",
                                                 "stopped",
                                                 "fresh",
                                                 "learner",
                                                 "learner unstarted",
                                                 "silent but-serving",
                                                 "data removed",
                                                 "data foreign",
                                                 "data damaged",
                                                 "certificate peer expired",
                                                 "manifest duplicated",
                                                 "stray",
                                                 "kubelet inactive",
                                                 "unknown containers refused"};
  return lines;
}

struct Start {
  std::vector<std::string> conditions;  // of node1, node2, ...

  [[nodiscard]] std::string script(const std::vector<std::string>& intents) const {
    std::string text = "case generated\nspec";
    for (std::size_t i = 1; i <= conditions.size(); ++i) text += " node" + std::to_string(i);
    for (std::size_t i = 1; i <= conditions.size(); ++i) {
      const std::string node = "\nnode" + std::to_string(i) + " ";
      text += node + conditions[i - 1] + node + "tool etcdutl 3.5.16";
    }
    for (const std::string& intent : intents) text += "\n" + intent;
    return text + "\nplan\n----\n====\n";
  }
};

// In the order of the conditions: any other naming of the nodes is the same situation.
void for_each_situation(std::size_t nodes, std::size_t first_conditions, const std::function<void(const Start&)>& take,
                        const std::vector<std::size_t>& chosen = {}) {
  if (chosen.size() == nodes) {
    Start start;
    std::size_t learners = 0;
    for (const std::size_t index : chosen) {
      start.conditions.push_back(conditions()[index]);
      learners += conditions()[index].rfind("learner", 0) == 0 ? 1 : 0;
    }
    // etcd has no more (--max-learners).
    if (learners <= 1) take(start);
    return;
  }
  for (std::size_t index = chosen.empty() ? 0 : chosen.back(); index < first_conditions; ++index) {
    std::vector<std::size_t> longer = chosen;
    longer.push_back(index);
    for_each_situation(nodes, first_conditions, take, longer);
  }
}

// A node of each condition stands for the others of that condition.
std::vector<std::vector<std::string>> intents_for(const Start& start) {
  std::vector<std::vector<std::string>> intents = {{}};
  std::vector<std::string> all_lost;
  for (std::size_t i = 0; i < start.conditions.size(); ++i) {
    const std::string node = "node" + std::to_string(i + 1);
    const bool repeats = i > 0 && start.conditions[i - 1] == start.conditions[i];
    if (start.conditions[i] == "silent") all_lost.push_back("intent --lost " + node);
    if (repeats) continue;
    intents.push_back({"intent --replace " + node});
    intents.push_back({"intent --replace " + node + " --with kubeadm"});
    for (std::size_t each = 1; each <= start.conditions.size(); ++each) {
      intents.back().push_back("node" + std::to_string(each) + " kubeadm v1.31.4");
    }
    if (start.conditions[i] == "silent") intents.push_back({"intent --lost " + node});
  }
  if (all_lost.size() > 1) intents.push_back(all_lost);
  for (const std::string asked : {"intent --renew-certificates etcd", "intent --renew-certificates all", "intent --rotate-ca"}) {
    intents.push_back({asked});
  }
  for (const std::string way : {"restore all", "restore seed", "recover", "recover method force-new-cluster"}) {
    intents.push_back(all_lost);
    intents.back().push_back(way);
  }
  return intents;
}

// Of one starting point: more are taken for no end.
constexpr std::size_t most_states = 100000;

struct Place {
  ClusterModel model;
  Request request;
  std::string story;       // how it came about
  std::size_t broken = 0;  // how many of the runs on the way were broken off
};

class Graph {
 public:
  // `most_broken`: runs on one way that are broken off; those after them end by themselves.
  explicit Graph(std::size_t most_broken) : most_broken_(most_broken) {}

  void explore(const std::string& script);
  void expect_ends() const;

  [[nodiscard]] std::string counts() const {
    return std::to_string(situations_) + " situations, " + std::to_string(next_.size()) + " states planned, " +
           std::to_string(edges_) + " edges, " + std::to_string(refused_) + " of the states refused";
  }

 private:
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

  std::size_t most_broken_;
  std::deque<Place> work_;
  std::map<std::string, std::string> next_;  // the state that a state's plan leads to; empty: it has none
  std::map<std::string, std::string> stories_;
  std::size_t situations_ = 0;
  std::size_t edges_ = 0;
  std::size_t refused_ = 0;
};

std::string Graph::key_of(const Place& place) const {
  std::string text = place.model.identity() + (place.request.abandon ? "abandon" : "") + (may_break(place) ? "" : "to its end");
  for (const Intent& intent : place.request.intents) text += intent.SerializeAsString();
  return sha256_hex(text).substr(0, 24);
}

void Graph::explore(const std::string& script) {
  ++situations_;
  const ScriptCase told = read_script(script).front();
  reach({ClusterModel(told.cluster), told.request, script, 0});
  const std::size_t before = next_.size();
  while (!work_.empty()) {
    // Another name each time makes another state.
    if (next_.size() - before > most_states) FAIL("there is no end of states:\n" << work_.back().story);
    const Place place = std::move(work_.front());
    work_.pop_front();
    const std::string key = key_of(place);
    if (next_.emplace(key, "").second) expand(place, key);
  }
}

// The record that a run leaves on the nodes before its first change.
void Graph::begin_run(const Plan& plan, Place& place) {
  RunRecord run;
  run.set_run_id(plan.run_id());
  *run.mutable_intents() = plan.intents();
  run.set_set_aside_name(".quorate-" + plan.run_id());
  run.set_abandoning(plan.abandoning());
  run.set_lease_age_seconds(240);
  const Observation seen = place.model.cluster().observe();
  if (const RunRecord* unfinished = unfinished_run(seen)) {
    keep_approved(*unfinished, run);
  } else {
    add_approved(plan, run);
  }
  for (ScriptedNode& node : place.model.cluster().nodes) {
    if (node.ssh == SshState::REACHABLE) node.run = run;
  }
  place.request.intents.clear();
  place.request.abandon = false;
}

// What it has set aside and parked is let go, as a spec's setAside does: with each run another folder there would be no end of
// states.
void Graph::end_run(Place& place) {
  for (ScriptedNode& node : place.model.cluster().nodes) {
    node.run.reset();
    node.folders.clear();
  }
  place.request.abandon = false;
}

void Graph::stop_here(const Place& place, const std::string& how) {
  if (!may_break(place)) return;
  Place resumed = place;
  ++resumed.broken;
  resumed.story += how + ", resumed\n";
  reach(std::move(resumed));
  Place abandoned = place;
  ++abandoned.broken;
  abandoned.story += how + ", abandoned\n";
  abandoned.request.abandon = true;
  reach(std::move(abandoned));
}

// Nodes that are worked on at once: some have done all that is theirs, and the others nothing.
void Graph::stop_between_nodes(const Run& run, const Step& step) {
  std::vector<std::string> nodes;
  for (const Operation& operation : step.operations()) {
    if (std::find(nodes.begin(), nodes.end(), node_of(operation)) == nodes.end()) nodes.push_back(node_of(operation));
  }
  for (std::size_t some = 1; some + 1 < std::size_t{1} << nodes.size(); ++some) {
    Place ahead = run.at;
    std::string names;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if ((some >> i & 1) == 0) continue;
      names += " " + nodes[i];
      for (const Operation& operation : step.operations()) {
        if (node_of(operation) == nodes[i]) ahead.model.apply(operation);
      }
    }
    ++edges_;
    stop_here(ahead, "  step " + step.id() + " on" + names + " alone: died");
  }
}

void Graph::run_step(Run& run, const Step& step) {
  if (step.operations().empty()) run.at.model.settle();
  if (step.nodes_at_once()) stop_between_nodes(run, step);
  // With fewer than three voters each is missed while it is started anew, and the step says so.
  const auto& members = run.at.model.cluster().members;
  const auto voters = std::count_if(members.begin(), members.end(), [](const ScriptedMember& member) { return !member.learner; });
  const bool told = step.effect().writes_stop_milliseconds() > 0 && voters < 3;
  const bool may_end = told || !run.plan.restored_cluster_id().empty();
  for (const Operation& operation : step.operations()) {
    const std::string what = "  step " + step.id() + ", " + text_of(operation);
    stop_here(run.at, what + ": died before");
    const bool had_quorum = run.at.model.cluster().has_leader();
    run.at.model.apply(operation);
    run.at.story += what + "\n";
    edges_ += may_break(run.at) ? 3 : 1;
    if (had_quorum && !may_end && !run.at.model.cluster().has_leader()) throw std::runtime_error("the quorum is lost");
  }
  stop_here(run.at, "  step " + step.id() + ": died after");
}

// Not INFO, which would write out every state.
void fail(const Place& place, const Plan& plan, const std::string& what) {
  FAIL(place.story << plan_text(plan, Style::plain) << what);
}

void Graph::expand(const Place& place, const std::string& key) {
  const ScriptedCluster& cluster = place.model.cluster();
  stories_[key] = place.story;
  const Plan plan = make_plan(cluster.spec, cluster.observe(), place.request);
  for (const Finding& refusal : plan.refusals()) {
    if (refusal.kind() == name_of(FindingKind::plan_unproven)) fail(place, plan, "it is not proven");
  }
  if (plan.steps().empty()) return end(place, plan, key);
  Run run{plan, place};
  begin_run(plan, run.at);
  stop_here(run.at, "  died as it began");
  for (const Step& step : plan.steps()) {
    try {
      run_step(run, step);
    } catch (const std::runtime_error& forbidden) {
      fail(place, plan, "step " + step.id() + ": " + forbidden.what());
    }
  }
  end_run(run.at);
  run.at.story += "  done\n";
  next_[key] = key_of(run.at);
  reach(std::move(run.at));
}

bool serves(const ScriptedCluster& cluster, const ScriptedNode& node) {
  const ScriptedMember* member = cluster.active_member(node);
  return member != nullptr && !member->learner;
}

bool is_whole(const ScriptedCluster& cluster) {
  // It is the cluster, whatever it was before.
  if (cluster.nodes.size() == 1 && cluster.nodes[0].etcd == Running::stray) return true;
  if (cluster.members.size() != cluster.nodes.size()) return false;
  return std::all_of(cluster.nodes.begin(), cluster.nodes.end(), [&](const ScriptedNode& node) { return serves(cluster, node); });
}

// Of the node, or of the cluster, which is about all of them. What is refused keeps the rest from being planned.
bool is_said(const Plan& plan, const std::string& node) {
  if (plan.refusals_size() > 0) return true;
  for (const auto* findings : {&plan.findings(), &plan.drift()}) {
    for (const Finding& finding : *findings) {
      if (finding.subject().empty() || finding.subject() == node) return true;
    }
  }
  return false;
}

// Nothing is left to do, or it is said why nothing can be done, of each node that does not vote.
void Graph::end(Place place, const Plan& plan, const std::string& key) {
  refused_ += plan.refusals_size() > 0 ? 1 : 0;
  const ScriptedCluster& cluster = place.model.cluster();
  if (!is_whole(cluster)) {
    const bool says = plan.refusals_size() + plan.findings_size() + plan.drift_size() > 0;
    if (!says) fail(place, plan, "nothing is said, and it is not whole");
    for (const ScriptedNode& node : cluster.nodes) {
      if (!serves(cluster, node) && !is_said(plan, node.name)) fail(place, plan, "nothing is said of " + node.name);
    }
  }
  const bool unfinished = unfinished_run(place.model.cluster().observe()) != nullptr;
  if (!unfinished || plan.refusals_size() > 0) return;
  end_run(place);
  place.story += "  nothing was left of it\n";
  next_[key] = key_of(place);
  reach(std::move(place));
}

// A plan leads to a state that is planned again, and so on: never to one that was before.
void Graph::expect_ends() const {
  std::set<std::string> ends;
  for (const auto& [start, story] : stories_) {
    std::set<std::string> way;
    for (std::string at = start; !at.empty() && !ends.contains(at); at = next_.at(at)) {
      if (way.insert(at).second) continue;
      FAIL("it goes round:\n" << story);
    }
    ends.insert(way.begin(), way.end());
  }
}

// The model knows a stray one's cluster as another's only as long as the old one is there.
bool is_modelled(const Start& start) {
  const auto& conditions = start.conditions;
  if (std::find(conditions.begin(), conditions.end(), "stray") == conditions.end()) return true;
  return conditions.size() == 1 || read_script(start.script({})).front().cluster.has_leader();
}

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

struct Extent {
  std::size_t every = 1;  // of the situations, each so many-th
  std::size_t first = 0;  // from this one on
  std::size_t first_conditions = conditions().size();
  std::size_t most_broken = any_number;
};

std::vector<Start> situations_of(std::size_t nodes, std::size_t first_conditions) {
  std::vector<Start> situations;
  for_each_situation(nodes, first_conditions, [&](const Start& start) {
    if (is_modelled(start)) situations.push_back(start);
  });
  return situations;
}

// With all that can be asked for. The conditions that nodes were in.
std::set<std::string> explore_all(std::size_t nodes, const Extent& extent) {
  Graph graph(extent.most_broken);
  std::set<std::string> met;
  const std::vector<Start> situations = situations_of(nodes, extent.first_conditions);
  for (std::size_t i = extent.first; i < situations.size(); i += extent.every) {
    const Start& start = situations[i];
    met.insert(start.conditions.begin(), start.conditions.end());
    for (const std::vector<std::string>& asked : intents_for(start)) graph.explore(start.script(asked));
    if (i % 100 == 0 && i > 0) std::cout << "  so far " << graph.counts() << std::endl;
  }
  graph.expect_ends();
  std::cout << "states of " << nodes << (nodes == 1 ? " node: " : " nodes: ") << graph.counts() << std::endl;
  return met;
}

TEST_CASE("from a sample of the states of one to three nodes a run ends whatever it dies of", "[states]") {
  std::set<std::string> met = explore_all(1, {});
  met.merge(explore_all(2, {.every = 29, .first = 7}));
  met.merge(explore_all(3, {.every = 149, .first = 41, .most_broken = 1}));
  CHECK(met.size() == conditions().size());
}

TEST_CASE("from every state of one and two nodes a run ends whatever it dies of", "[.][every]") {
  explore_all(1, {});
  explore_all(2, {});
}

// Long. A run may die in every run that repairs what the one before has left, on each node by itself: of three nodes there is no
// end in sight of that, so that there one run on each way is broken off.
TEST_CASE("from every situation of three nodes a run that is broken off once ends", "[.][every]") {
  explore_all(3, {.most_broken = 1});
}
TEST_CASE("from every situation of four and five nodes in the commonest conditions a run that is broken off once ends",
          "[.][every]") {
  explore_all(4, {.first_conditions = 6, .most_broken = 1});
  explore_all(5, {.first_conditions = 6, .most_broken = 1});
}

}  // namespace
}  // namespace quorate
