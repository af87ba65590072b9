// SPDX-License-Identifier: Apache-2.0
#include "providers/node/write_ahead_log.h"

#include <thread>

#include <catch2/catch.hpp>

#include "tests/support/fake_node.h"
#include "tests/support/program.h"

namespace quorate::test {
namespace {

std::string head_of(const std::filesystem::path& data) {
  const auto wal = data / "member/wal/0000000000000000-0000000000000000.wal";
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (!std::filesystem::exists(wal)) continue;
    const std::string head = read_file(wal).substr(0, 512);
    if (node::read_identity(head)) return head;
  }
  FAIL("etcd wrote no WAL");
  return "";
}

TEST_CASE("the identity of the data is in the WAL that a real etcd wrote") {
  const TemporaryDirectory directory;
  const Process etcd(
      {"etcd", "--name=node1", "--data-dir=" + (directory.path() / "data").string(), "--listen-client-urls=http://127.0.0.1:42379",
       "--advertise-client-urls=http://127.0.0.1:42379", "--listen-peer-urls=http://127.0.0.1:42380",
       "--initial-advertise-peer-urls=http://127.0.0.1:42380", "--initial-cluster=node1=http://127.0.0.1:42380"},
      directory.path() / "log");
  const std::string head = head_of(directory.path() / "data");
  const auto identity = node::read_identity(head);
  REQUIRE(identity);
  // etcd's own word for it.
  std::string log;
  for (int attempt = 0; attempt < 50 && log.find(identity->cluster_id) == std::string::npos; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    log = read_file(directory.path() / "log");
  }
  CHECK(log.find(identity->member_id) != std::string::npos);
  CHECK(log.find(identity->cluster_id) != std::string::npos);
  for (std::size_t length = 0; length < 60; ++length) (void)node::read_identity(head.substr(0, length));
}

// Frames of a log, as etcd writes them: a record of 8 bytes and a word before it.
std::string frame(const std::string& record) {
  std::string word(8, '\0');
  const std::size_t padding = (8 - record.size() % 8) % 8;
  word[0] = static_cast<char>(record.size());
  if (padding > 0) word[7] = static_cast<char>(0x80U | padding);
  return word + record + std::string(padding, '\0');
}

std::string log_record(char type, const std::string& data) {
  return frame(std::string{'\x08', type, '\x10', '\x07', '\x1a', static_cast<char>(data.size())} + data);
}

std::string entry(char term, char index) { return log_record(2, {'\x08', 0, '\x10', term, '\x18', index, '\x22', 1, 'x'}); }
std::string state(char commit) { return log_record(3, {'\x08', 2, '\x10', 1, '\x18', commit}); }

TEST_CASE("a log's end is its last entry, in whatever parts its bytes come, and what is behind it is not wanted") {
  const std::string log = entry(2, 17) + entry(2, 18) + entry(3, 18) + state(17) + std::string(64, '\0');
  const std::size_t part = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{1000});
  node::LogReader reader;
  bool wanted = true;
  std::size_t at = 0;
  for (; at < log.size() && wanted; at += part) wanted = reader.add(std::string_view(log).substr(at, part));
  CHECK_FALSE(wanted);
  REQUIRE(reader.end());
  CHECK(reader.end()->term() == 3);
  CHECK(reader.end()->index() == 18);
  CHECK(reader.end()->commit() == 17);
}

TEST_CASE("of a log that is cut off the end is that of its last whole record, and one without entries has none") {
  const std::string log = entry(2, 17) + state(16) + entry(2, 18);
  for (std::size_t length = 0; length < log.size(); ++length) {
    node::LogReader reader;
    CHECK(reader.add(log.substr(0, length)));
    const bool has_one = length >= entry(2, 17).size();
    CHECK(reader.end().has_value() == has_one);
    if (has_one) CHECK(reader.end()->index() == 17);
  }
  node::LogReader other;
  CHECK_FALSE(other.add(std::string(512, '\xff')));
  CHECK_FALSE(other.end());
}

TEST_CASE("bytes that are no WAL have no identity") {
  CHECK_FALSE(node::read_identity(""));
  CHECK_FALSE(node::read_identity(std::string(512, '\0')));
  CHECK_FALSE(node::read_identity(std::string(512, '\xff')));
  CHECK_FALSE(node::read_identity("a text that is long enough to be taken for a frame"));
}

TEST_CASE("the fake's WAL is read as the real one is") {
  const auto identity = node::read_identity(FakeNode::wal_head("0268ec3f91e7aab5", "f807356dda915864"));
  REQUIRE(identity);
  CHECK(identity->member_id == "0268ec3f91e7aab5");
  CHECK(identity->cluster_id == "f807356dda915864");
}

}  // namespace
}  // namespace quorate::test
