// SPDX-License-Identifier: Apache-2.0
// Saved plans, observations, the nodes' run records, journals' lines, descriptors of snapshots.
#include "schemas/document.h"
#include "schemas/json.h"
#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/run.pb.h"
#include "schemas/snapshot.pb.h"
#include "tests/fuzz/fuzz.h"

namespace {

template <typename Record>
void read(const std::string& text) {
  using namespace quorate;
  Record document;
  const bool is_document = read_document("FILE", text, &document).ok();
  Record record;
  const bool is_record = from_json(text, &record).ok();
  fuzz::require(is_record || !is_document, "what has its kind and version is a record");
  if (!is_record) return;
  const std::string written = to_json(record, JsonForm::pretty);
  Record again;
  fuzz::require(from_json(written, &again).ok(), "a record that was read is one again when it is written");
  fuzz::require(to_json(again, JsonForm::pretty) == written, "and it is the same");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = quorate::fuzz::text_of(data, size);
  read<quorate::Plan>(text);
  read<quorate::Observation>(text);
  read<quorate::RunRecord>(text);
  read<quorate::JournalRecord>(text);
  read<quorate::SnapshotDescriptor>(text);
  return 0;
}
