// SPDX-License-Identifier: Apache-2.0
#include "schemas/spec_reader.h"

#include "schemas/spec_rules.h"
#include "schemas/yaml_record.h"

namespace quorate {

SpecReading read_spec(const std::string& text, const std::string& file) {
  SpecReading result;
  RecordReading reading = read_record(text, file, &result.spec);
  result.diagnostics = std::move(reading.diagnostics);
  // Where the text is no YAML, or no mapping, there is nothing to check, and one error is enough.
  const bool is_whole = reading.places.contains("") && !reading.refused.contains("");
  if (!is_whole) return result;
  const Diagnostics found = check_spec(result.spec, reading, file);
  result.diagnostics.insert(result.diagnostics.end(), found.begin(), found.end());
  sort_by_place(&result.diagnostics);
  return result;
}

}  // namespace quorate
