// SPDX-License-Identifier: Apache-2.0
#include "engine/settle.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "plans/cluster_choice.h"
#include "plans/node_condition.h"

namespace quorate {

namespace {

constexpr std::chrono::seconds election_limit(10);
constexpr std::chrono::seconds stop_limit(60);

// For how long that is worth waiting for.
std::chrono::seconds patience(const Spec& spec, const Observation& observation) {
  const auto& nodes = observation.nodes();
  const auto is_ending = [](const NodeObservation& node) { return is_being_stopped(node.facts()); };
  if (std::any_of(nodes.begin(), nodes.end(), is_ending)) return stop_limit;
  return awaits_leader(choose_cluster(spec, observation)) ? election_limit : std::chrono::seconds(0);
}

}  // namespace

Observation observe_settled(const Spec& spec, World& world) {
  const auto begin = std::chrono::steady_clock::now();
  Observation observation = world.observe();
  while (std::chrono::steady_clock::now() - begin < patience(spec, observation)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    observation = world.observe();
  }
  return observation;
}

}  // namespace quorate
