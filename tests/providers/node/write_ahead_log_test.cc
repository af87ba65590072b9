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
