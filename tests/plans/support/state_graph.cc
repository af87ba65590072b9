// SPDX-License-Identifier: Apache-2.0
#include "tests/plans/support/state_graph.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "plans/finding.h"
#include "plans/lookup.h"
#include "plans/operation_text.h"
#include "plans/plan.h"
#include "plans/plan_text.h"
#include "schemas/digest.h"

namespace quorate {
namespace {

// Of one starting point: more are taken for no end.
constexpr std::size_t most_states = 100000;

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

}  // namespace

std::string StateGraph::key_of(const Place& place) const {
  std::string text = place.model.identity() + (place.request.abandon ? "abandon" : "") + (may_break(place) ? "" : "to its end");
  text += (place.request.fence_only ? "fence" : "") + place.request.survivors_prefix;
  text += place.model.cluster().spec.SerializeAsString();
  for (const Intent& intent : place.request.intents) text += intent.SerializeAsString();
  return sha256_hex(text).substr(0, 24);
}

void StateGraph::explore(const ScriptCase& start, const std::string& story) {
  ++situations_;
  reach({ClusterModel(start.cluster), start.request, story, 0});
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
void StateGraph::begin_run(const Plan& plan, Place& place) {
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
  place.request.fence_only = false;
  place.request.survivors_prefix.clear();
}

// What it has set aside and parked is let go, as a spec's setAside does: with each run another folder there would be no end of
// states.
void StateGraph::end_run(Place& place) {
  for (ScriptedNode& node : place.model.cluster().nodes) {
    node.run.reset();
    node.folders.clear();
  }
  place.request.abandon = false;
}

void StateGraph::stop_here(const Place& place, const std::string& how) {
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
void StateGraph::stop_between_nodes(const Run& run, const Step& step) {
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

void StateGraph::run_step(Run& run, const Step& step) {
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
void StateGraph::fail(const Place& place, const Plan& plan, const std::string& what) {
  FAIL(place.story << plan_text(plan, Style::plain) << what);
  std::abort();
}

void StateGraph::expand(const Place& place, const std::string& key) {
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

// Nothing is left to do, or it is said why nothing can be done, of each node that does not vote.
void StateGraph::end(Place place, const Plan& plan, const std::string& key) {
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

void StateGraph::expect_ends() const {
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

std::string StateGraph::counts() const {
  return std::to_string(situations_) + " situations, " + std::to_string(next_.size()) + " states planned, " +
         std::to_string(edges_) + " edges, " + std::to_string(refused_) + " of the states refused";
}

}  // namespace quorate
