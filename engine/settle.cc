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
// another. What was given up is not given the time to serve.
void await_begun_again(const Spec& spec, World& world, Observation& observation) {
  const auto any = [&](const Observation& seen) {
    const GivenUp given_up = choose_cluster(spec, seen).given_up;
    return std::any_of(seen.nodes().begin(), seen.nodes().end(), [&](const NodeObservation& node) {
      const DataDirectory& data = node.facts().data_directory();
      return is_begun_again(node, seen.taken_at_seconds()) && !given_up.contains(data.cluster_id(), data.member_id());
    });
  };
  look_again_while(any, begun_again_limit, world, observation);
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

Observation observe_unflapping(const Spec& spec, World& world) {
  Observation observation = world.observe();
  await_begun_again(spec, world, observation);
  await_leader(spec, world, observation);
  return observation;
}

Observation observe_at_rest(const Spec& spec, World& world, const std::function<void(const std::string&)>& waiting) {
  Observation observation = world.observe();
  if (const std::vector<std::string> nodes = nodes_being_stopped(observation); !nodes.empty()) waiting(listed(nodes));
  look_again_while([](const Observation& seen) { return !nodes_being_stopped(seen).empty(); }, stop_limit, world, observation);
  await_begun_again(spec, world, observation);
  await_leader(spec, world, observation);
  return observation;
}

}  // namespace quorate
