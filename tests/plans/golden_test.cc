// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/plans/golden_files.h"
#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

TEST_CASE("every plan reads as its golden script says", "[golden]") {
  const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
  for (const std::filesystem::path& path : golden_files()) {
    const std::vector<ScriptCase> cases = read_script(file_text(path));
    std::vector<std::string> outputs;
    for (const ScriptCase& script : cases) {
      outputs.push_back(run_case(script));
      if (update) continue;
      INFO(path.filename().string() << ": " << script.name);
      CHECK(outputs.back() == script.expected);
    }
    const std::string written = write_script(cases, outputs);
    if (!update || written == file_text(path)) continue;
    std::ofstream(path) << written;
    // An accepted file never reads as a pass.
    FAIL_CHECK("updated: " << path.filename().string() << "; read it, then run again without UPDATE_GOLDEN");
  }
}

TEST_CASE("a golden file that says otherwise is seen", "[golden]") {
  const std::vector<ScriptCase> cases = read_script("case control\nplan\n----\nsomething else\n====\n");
  REQUIRE(cases.size() == 1);
  CHECK(run_case(cases[0]) != cases[0].expected);
}

TEST_CASE("a script's line that is not understood is refused", "[golden]") {
  CHECK_THROWS(read_script("case x\nnode3 dreaming\nplan\n----\n====\n"));
  CHECK_THROWS(read_script("case x\nnode9 wiped\nplan\n----\n====\n"));
  CHECK_THROWS(read_script("case x\nplan\n----\nno end\n"));
}

}  // namespace
}  // namespace quorate
