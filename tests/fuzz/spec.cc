// SPDX-License-Identifier: Apache-2.0
#include "schemas/json.h"
#include "schemas/spec_reader.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quorate;
  const SpecReading reading = read_spec(fuzz::text_of(data, size), "cluster.yaml");
  if (has_error(reading.diagnostics)) return 0;
  const SpecReading again = read_spec(write_spec(reading.spec), "cluster.yaml");
  fuzz::require(!has_error(again.diagnostics), "a spec that was read is one again when it is written");
  fuzz::require(to_json(again.spec, JsonForm::line) == to_json(reading.spec, JsonForm::line), "and it is the same");
  return 0;
}
