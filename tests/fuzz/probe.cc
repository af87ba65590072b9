// SPDX-License-Identifier: Apache-2.0
#include "providers/node/probe_parser.h"
#include "schemas/json.h"
#include "schemas/observation.pb.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quorate;
  const absl::StatusOr<node::Probe> probe = node::parse_probe(fuzz::text_of(data, size), {1772334000000, 1772334000100});
  if (!probe.ok()) return 0;
  static_cast<void>(node::directories_of(probe->facts));
  // What a node says goes into records, whatever bytes it says it with.
  NodeFacts again;
  fuzz::require(from_json(to_json(probe->facts, JsonForm::line), &again).ok(), "facts of a node can be recorded and read back");
  return 0;
}
