// SPDX-License-Identifier: Apache-2.0
#include "engine/settle.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "plans/cluster_choice.h"
#include "plans/lookup.h"
#include "plans/node_condition.h"

namespace quorate {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds shortest_pause(400);
constexpr std::chrono::milliseconds longest_pause(5000);
constexpr std::chrono::seconds election_limit(10);
constexpr std::chrono::seconds begun_again_limit(15);
constexpr std::chrono::seconds stop_limit(60);

template <typename Condition>
void look_again_while(Condition&& holds, std::chrono::seconds limit, World& world, Observation& observation) {
  const auto begin = steady_clock::now();
  while (holds(observation) && steady_clock::now() - begin < limit) {
    std::this_thread::sleep_for(pause_before_next_look(steady_clock::now() - begin));
    observation = world.observe();
  }
}

void await_leader(const Spec& spec, World& world, Observation& observation) {
  look_again_while([&](const Observation& seen) { return awaits_leader(choose_cluster(spec, seen)); }, election_limit, world,
                   observation);
}

// Whether it is in the kubelet's back-off shows when it has ended once more: by the moment at which one looks a plan would be
// another.
void await_begun_again(const Spec& spec, World& world, const Waiting& waiting, Observation& observation) {
  const std::vector<std::string> nodes = nodes_begun_again(spec, observation);
  if (!nodes.empty()) waiting("etcd was begun again a moment ago on " + listed(nodes));
  look_again_while([&](const Observation& seen) { return !nodes_begun_again(spec, seen).empty(); }, begun_again_limit, world,
                   observation);
}

std::vector<std::string> nodes_being_stopped(const Observation& observation) {
  std::vector<std::string> names;
  for (const NodeObservation& node : observation.nodes()) {
    if (is_being_stopped(node.facts())) names.push_back(node.name());
  }
  return names;
}

}  // namespace

std::chrono::milliseconds pause_before_next_look(steady_clock::duration waited) {
  return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(waited / 4), shortest_pause, longest_pause);
}

Observation observe_settled(const Spec& spec, World& world) {
  Observation observation = world.observe();
  await_leader(spec, world, observation);
  return observation;
}

std::vector<std::string> nodes_begun_again(const Spec& spec, const Observation& observation) {
  const GivenUp given_up = choose_cluster(spec, observation).given_up;
  std::vector<std::string> names;
  for (const NodeObservation& node : observation.nodes()) {
    const DataDirectory& data = node.facts().data_directory();
    // What was given up is not given the time to serve.
    if (etcd_runs(node.facts()) && given_up.contains(data.cluster_id(), data.member_id())) return {};
    if (is_begun_again(node, observation.taken_at_seconds())) names.push_back(node.name());
  }
  return names;
}

Observation observe_unflapping(const Spec& spec, World& world, const Waiting& waiting) {
  Observation observation = world.observe();
  await_begun_again(spec, world, waiting, observation);
  await_leader(spec, world, observation);
  return observation;
}

Observation observe_at_rest(const Spec& spec, World& world, const Waiting& waiting) {
  Observation observation = world.observe();
  if (const std::vector<std::string> nodes = nodes_being_stopped(observation); !nodes.empty())
    waiting("the kubelet is ending etcd on " + listed(nodes));
  look_again_while([](const Observation& seen) { return !nodes_being_stopped(seen).empty(); }, stop_limit, world, observation);
  await_begun_again(spec, world, waiting, observation);
  await_leader(spec, world, observation);
  return observation;
}

}  // namespace quorate
