// SPDX-License-Identifier: Apache-2.0
// What comes of each golden case, whatever its run dies of (support/state_graph.h): alarms, flags, addresses, disks, images and the
// rest, which every_state_test.cc's conditions have not.
#include <iostream>

#include <catch2/catch.hpp>

#include "tests/plans/golden_files.h"
#include "tests/plans/support/cluster_script.h"
#include "tests/plans/support/state_graph.h"

namespace quorate {
namespace {

// Each so many-th case.
void explore_cases(std::size_t every, std::size_t most_broken) {
  StateGraph graph(most_broken);
  std::size_t number = 0;
  for (const std::filesystem::path& path : golden_files()) {
    for (const ScriptCase& script : read_script(file_text(path))) {
      if (number++ % every == 0) graph.explore(script, path.filename().string() + ": " + script.name + "\n");
    }
  }
  CHECK(number > 300);
  graph.expect_ends();
  std::cout << "states of golden cases: " << graph.counts() << std::endl;
}

TEST_CASE("from a sixth of the golden cases a run that is broken off once ends", "[states]") { explore_cases(6, 1); }

TEST_CASE("from every golden case a run ends though two of those that go on are broken off", "[.][every]") { explore_cases(1, 2); }

}  // namespace
}  // namespace quorate
