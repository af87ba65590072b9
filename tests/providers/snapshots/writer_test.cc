// SPDX-License-Identifier: Apache-2.0
// A snapshot that arrives in parts: only what is whole and proven gets its name.
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "providers/snapshots/snapshot_writer.h"
#include "schemas/digest.h"
#include "tests/providers/snapshots/etcd_store.h"
#include "tests/support/program.h"

namespace quorate::test {
namespace {

using snapshots::SnapshotWriter;

std::string database() {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += "line " + std::to_string(i) + "\n";
  return bytes;
}

std::string with_trailer(const std::string& bytes) {
  Sha256 digest;
  digest.add(bytes);
  return bytes + digest.finish();
}

std::vector<std::string> names_in(const TemporaryDirectory& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) names.push_back(entry.path().filename());
  return names;
}

TEST_CASE("a snapshot is whole whatever the parts that it came in", "[writer]") {
  const std::size_t part =
      GENERATE(std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{33}, std::size_t{4096}, std::size_t{1000000});
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "s.db").string();
  const std::string bytes = with_trailer(database());
  const auto writer = SnapshotWriter::to_file(path).value();
  for (std::size_t at = 0; at < bytes.size(); at += part) REQUIRE(writer->add(bytes.substr(at, part)).ok());
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(writer->finish().ok());
  CHECK(writer->bytes() == bytes.size());
  CHECK(read_file(path) == bytes);
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::all) == std::filesystem::perms(0600));
  CHECK(names_in(directory) == std::vector<std::string>{"s.db"});
}

TEST_CASE("what is not what was sent leaves nothing behind", "[writer]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "s.db").string();
  std::string bytes = with_trailer(database());
  const std::string damage = GENERATE("cut", "flipped", "short", "nothing");
  if (damage == "cut") bytes.pop_back();
  if (damage == "flipped") bytes[1000] = 'X';
  if (damage == "short") bytes = "too short";
  if (damage == "nothing") bytes.clear();
  {
    const auto writer = SnapshotWriter::to_file(path).value();
    REQUIRE(writer->add(bytes).ok());
    CHECK(writer->finish().code() == absl::StatusCode::kDataLoss);
  }
  CHECK(names_in(directory).empty());
}

TEST_CASE("a database without a trailer gets its name if its pages are sound", "[writer]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "s.db").string();
  EtcdStore store;
  store.change({"put key value"});
  const std::string bytes = read_file(store.stop());
  const bool whole = GENERATE(true, false);
  {
    const auto writer = SnapshotWriter::to_file(path, SnapshotWriter::Ends::without_trailer).value();
    REQUIRE(writer->add(whole ? bytes : bytes.substr(0, bytes.size() / 2)).ok());
    CHECK(writer->finish().code() == (whole ? absl::StatusCode::kOk : absl::StatusCode::kDataLoss));
    if (whole) CHECK(writer->sha256() == sha256_hex(bytes));
  }
  CHECK(names_in(directory).size() == (whole ? 1 : 0));
}

TEST_CASE("a snapshot that was given up leaves the older one of that name", "[writer]") {
  const TemporaryDirectory directory;
  const std::string path = write_file(directory.path() / "s.db", "the older one");
  {
    const auto writer = SnapshotWriter::to_file(path).value();
    REQUIRE(writer->add(database()).ok());
  }
  CHECK(read_file(path) == "the older one");
  CHECK(names_in(directory) == std::vector<std::string>{"s.db"});
}

TEST_CASE("a full disk and a folder that is not there are told", "[writer]") {
  CHECK(SnapshotWriter::to_file("/nowhere/at/all/s.db").status().code() == absl::StatusCode::kUnavailable);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  const auto writer = SnapshotWriter::to_descriptor(full);
  const absl::Status added = writer->add(database());
  CHECK_THAT(message_of(added), Catch::Contains("No space left"));
  ::close(full);
}

TEST_CASE("a pipe gets every byte, and the verdict at the end", "[writer]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::string bytes = with_trailer("a small database");
  const auto writer = SnapshotWriter::to_descriptor(ends[1]);
  REQUIRE(writer->add(bytes).ok());
  CHECK(writer->finish().ok());
  std::string came(bytes.size(), '\0');
  CHECK(::read(ends[0], came.data(), came.size()) == static_cast<ssize_t>(bytes.size()));
  CHECK(came == bytes);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace quorate::test
