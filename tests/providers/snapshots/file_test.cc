// SPDX-License-Identifier: Apache-2.0
// Files that a real etcd wrote, whole and broken in every way: what they hold, and what is wrong with them.
#include <random>
#include <regex>

#include <catch2/catch.hpp>

#include "providers/snapshots/snapshot_file.h"
#include "schemas/digest.h"
#include "tests/providers/snapshots/etcd_store.h"

namespace quorate::test {
namespace {

using snapshots::check_file;
using snapshots::FileCheck;
using snapshots::FileState;

constexpr int transactions = 20;
constexpr int keys_each = 120;

// 2400 keys under 20 revisions, of which 240 are changed and 120 deleted; values beyond a page; a lease; a compaction.
void fill(EtcdStore& store) {
  for (int i = 0; i < transactions; ++i) {
    std::vector<std::string> puts;
    for (int j = 0; j < keys_each; ++j) {
      puts.push_back("put /registry/things/" + std::to_string(i) + "/" + std::to_string(j) + " value-" + std::to_string(j));
    }
    store.change(puts);
  }
  std::vector<std::string> changes;
  std::vector<std::string> deletions;
  for (int j = 0; j < keys_each; ++j) {
    changes.push_back("put /registry/things/3/" + std::to_string(j) + " again");
    deletions.push_back("del /registry/things/4/" + std::to_string(j));
  }
  store.change(changes);
  store.etcdctl({"compact", "15"});
  store.change(changes);
  store.change(deletions);
  for (int i = 0; i < 5; ++i) store.etcdctl({"put", "/registry/big/" + std::to_string(i), std::string(100'000, 'x')});
}

std::string number_behind(const std::string& json, const std::string& name) {
  std::smatch found;
  const std::regex pattern("\"" + name + "\":([0-9]+)");
  return std::regex_search(json, found, pattern) ? found[1].str() : "";
}

struct Saved {
  std::string whole;   // the bytes of a snapshot
  FileCheck check;     // of it
  std::string status;  // etcdctl's word
  std::string peer_url;
  std::string client_url;
  std::string bare;  // the member's own database, stopped
};

// Made once: a real etcd takes seconds.
const Saved& saved() {
  static const Saved made = [] {
    EtcdStore store;
    fill(store);
    const std::string path = store.save("whole.db");
    Saved result;
    result.whole = read_file(path);
    result.check = check_file(path).value();
    result.status = store.etcdctl({"snapshot", "status", path, "-w", "json"});
    result.peer_url = store.peer_url();
    result.client_url = store.client_url();
    result.bare = read_file(store.stop());
    return result;
  }();
  return made;
}

FileCheck check_bytes(const std::string& bytes) {
  const TemporaryDirectory directory;
  return check_file(write_file(directory.path() / "file.db", bytes)).value();
}

TEST_CASE("what a snapshot holds is what etcdctl says of it", "[file]") {
  const FileCheck& check = saved().check;
  INFO(check.problem << " " << saved().status);
  REQUIRE(check.state == FileState::good);
  CHECK(check.problem.empty());
  CHECK(check.bytes == saved().whole.size());
  CHECK(std::to_string(check.contents.revision()) == number_behind(saved().status, "revision"));
  CHECK(std::to_string(check.contents.entries()) == number_behind(saved().status, "totalKey"));
  CHECK(std::to_string(check.bytes - 32) == number_behind(saved().status, "totalSize"));
  CHECK(check.contents.keys() == transactions * keys_each - keys_each + 5);
  CHECK(check.contents.compact_revision() == 15);
  CHECK(check.contents.cluster_version() == "3.4.0");
  REQUIRE(check.contents.members_size() == 1);
  const Member& member = check.contents.members(0);
  CHECK(member.name() == "n1");
  CHECK(member.id().size() == 16);
  CHECK(member.peer_urls(0) == saved().peer_url);
  CHECK(member.client_urls(0) == saved().client_url);
  CHECK_FALSE(member.learner());
}

TEST_CASE("a snapshot that was cut is told from one that was not", "[file]") {
  const std::string& whole = saved().whole;
  const std::size_t kept = GENERATE_COPY(whole.size() - 1, whole.size() / 2, whole.size() / 2 / 4096 * 4096, std::size_t{8192});
  CAPTURE(kept);
  const FileCheck check = check_bytes(whole.substr(0, kept));
  CHECK(check.state == FileState::cut);
  CHECK_THAT(check.problem, Catch::Contains(std::to_string(kept)) && Catch::Contains(std::to_string(whole.size())));
}

TEST_CASE("one bit that flipped is found, wherever it is", "[file]") {
  std::string bytes = saved().whole;
  // behind the meta pages: within those the other of the two may be believed, and the size then tells
  const std::size_t place =
      GENERATE_COPY(std::size_t{8192}, bytes.size() / 3, bytes.size() / 2, bytes.size() - 33, bytes.size() - 1);
  CAPTURE(place);
  bytes[place] = static_cast<char>(bytes[place] ^ 0x10);
  const FileCheck check = check_bytes(bytes);
  CHECK(check.state == FileState::flipped);
  CHECK_THAT(check.problem, Catch::Contains("SHA-256"));
}

TEST_CASE("a flipped bit in a meta page is never good", "[file]") {
  for (std::size_t place = 0; place < 8192; place += 7) {
    std::string bytes = saved().whole;
    bytes[place] = static_cast<char>(bytes[place] ^ 0x01);
    CAPTURE(place);
    CHECK(check_bytes(bytes).state != FileState::good);
    place += place > 100 && place < 4000 ? 97 : 0;  // between them is nothing
  }
}

TEST_CASE("a database without its SHA-256 is called what it is", "[file]") {
  const FileCheck trimmed = check_bytes(saved().whole.substr(0, saved().whole.size() - 32));
  CHECK(trimmed.state == FileState::no_trailer);
  CHECK(trimmed.contents.revision() == saved().check.contents.revision());
  const FileCheck bare = check_bytes(saved().bare);
  CHECK(bare.state == FileState::no_trailer);
  CHECK(bare.contents.members_size() == 1);
  CHECK(bare.contents.keys() > 0);
}

TEST_CASE("the SHA-256 of a database without one behind it is the whole file's, room at its end too", "[file]") {
  // etcd 3.5 grows the file ahead of its pages.
  const std::string bytes = saved().bare + std::string(GENERATE(std::size_t{0}, std::size_t{8192}, std::size_t{65536}), '\0');
  const FileCheck check = check_bytes(bytes);
  CHECK(check.state == FileState::no_trailer);
  CHECK(check.bytes == bytes.size());
  CHECK(check.sha256 == sha256_hex(bytes));
}

TEST_CASE("what is no snapshot at all is said so", "[file]") {
  const std::string text =
      GENERATE(std::string(), std::string("apiVersion: v1\n"), std::string(100'000, '\0'), std::string(100'000, 'x'));
  CHECK(check_bytes(text).state == FileState::no_snapshot);
}

TEST_CASE("a file that is not there, or a directory, is an error", "[file]") {
  CHECK(check_file("/nowhere/at/all").status().code() == absl::StatusCode::kNotFound);
  const TemporaryDirectory directory;
  CHECK_FALSE(check_file(directory.path().string()).ok());
}

TEST_CASE("a database with random damage is read without harm, and without a SHA-256 its pages are judged", "[file]") {
  const std::string sound = saved().whole.substr(0, saved().whole.size() - 32);
  std::mt19937 random(20261125);
  int damaged = 0;
  for (int i = 0; i < 150; ++i) {
    std::string bytes = sound;
    // in the headers and elements of some page, where a wrong number leads astray
    for (int j = 0; j < 3; ++j) {
      const std::size_t page = 2 + random() % (bytes.size() / 4096 - 2);
      bytes[page * 4096 + random() % 64] = static_cast<char>(random());
    }
    CAPTURE(i);
    const FileState state = check_bytes(bytes).state;
    CHECK((state == FileState::damaged || state == FileState::no_trailer));
    damaged += state == FileState::damaged ? 1 : 0;
  }
  // How many of the pages are in use differs from one etcd to the next.
  CHECK(damaged > 10);
}

TEST_CASE("the contents of a file that was verified are read without counting keys", "[file]") {
  const TemporaryDirectory directory;
  const std::string path = write_file(directory.path() / "file.db", saved().whole);
  const auto contents = snapshots::contents_of_verified(path);
  REQUIRE(contents.ok());
  CHECK(contents->revision() == saved().check.contents.revision());
  CHECK(contents->entries() == saved().check.contents.entries());
  CHECK(contents->keys() == 0);
}

}  // namespace
}  // namespace quorate::test
