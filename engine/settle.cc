// SPDX-License-Identifier: Apache-2.0
#include "engine/settle.h"

#include <chrono>
#include <thread>
#include <vector>

#include "plans/cluster_choice.h"
#include "plans/lookup.h"
#include "plans/node_condition.h"

namespace quorate {
namespace {

constexpr std::chrono::seconds election_limit(10);
constexpr std::chrono::seconds stop_limit(60);

template <typename Condition>
void look_again_while(Condition&& holds, std::chrono::seconds limit, World& world, Observation& observation) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (holds(observation) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    observation = world.observe();
  }
}

void await_leader(const Spec& spec, World& world, Observation& observation) {
  look_again_while([&](const Observation& seen) { return awaits_leader(choose_cluster(spec, seen)); }, election_limit, world,
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

Observation observe_settled(const Spec& spec, World& world) {
  Observation observation = world.observe();
  await_leader(spec, world, observation);
  return observation;
}

Observation observe_at_rest(const Spec& spec, World& world, const std::function<void(const std::string&)>& waiting) {
  Observation observation = world.observe();
  if (const std::vector<std::string> nodes = nodes_being_stopped(observation); !nodes.empty()) waiting(listed(nodes));
  look_again_while([](const Observation& seen) { return !nodes_being_stopped(seen).empty(); }, stop_limit, world, observation);
  await_leader(spec, world, observation);
  return observation;
}

}  // namespace quorate
