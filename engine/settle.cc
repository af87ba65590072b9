// SPDX-License-Identifier: Apache-2.0
#include "engine/settle.h"

#include <chrono>
#include <thread>

#include "plans/cluster_choice.h"

namespace quorate {

Observation observe_settled(const Spec& spec, World& world) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  Observation observation = world.observe();
  while (awaits_leader(choose_cluster(spec, observation)) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    observation = world.observe();
  }
  return observation;
}

}  // namespace quorate
