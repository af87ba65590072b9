// SPDX-License-Identifier: Apache-2.0
// The input is a database. With the SHA-256 that belongs to it its pages are what is looked at; without one it is a member's file,
// or no snapshot.
#include <sys/mman.h>
#include <unistd.h>

#include "providers/snapshots/snapshot_file.h"
#include "providers/snapshots/snapshot_writer.h"
#include "schemas/digest.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace quorate;

void stream_and_check(const std::string& content, std::size_t part) {
  const int file = memfd_create("snapshot", MFD_CLOEXEC);
  fuzz::require(file >= 0, "there is memory for it");
  const auto writer = snapshots::SnapshotWriter::to_descriptor(file);
  bool written = true;
  for (std::size_t at = 0; written && at < content.size(); at += part) written = writer->add(content.substr(at, part)).ok();
  const bool whole = written && writer->finish().ok();
  const absl::StatusOr<snapshots::FileCheck> check = snapshots::check_file("/proc/self/fd/" + std::to_string(file));
  if (check.ok() && check->state == snapshots::FileState::good) {
    fuzz::require(whole && writer->bytes() == content.size(), "what is a good file was a good stream");
  }
  close(file);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string database = fuzz::text_of(data, size);
  stream_and_check(database, 4096);
  Sha256 digest;
  digest.add(database);
  stream_and_check(database + digest.finish(), 1 + size / 3);
  return 0;
}
