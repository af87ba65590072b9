// SPDX-License-Identifier: Apache-2.0
#include "schemas/member_identity.h"

#include <catch2/catch.hpp>

#include "schemas/restore_arguments.h"

namespace quorate {
namespace {

// A cluster of etcd 3.5.16 that was bootstrapped with etcd's default token, and what `etcdctl member list` printed.
TEST_CASE("a restored store's revision is the snapshot's and the bump, which counts from 0 where nothing was ever written") {
  CHECK(restored_revision(61544, 0) == 61544);
  CHECK(restored_revision(61544, 1'000'000'000) == 1'000'061'544);
  CHECK(restored_revision(2, 1'000'000'000) == 1'000'000'002);
  CHECK(restored_revision(1, 1'000'000'000) == 1'000'000'000);
  CHECK(restored_revision(1, 0) == 1);
}

TEST_CASE("the IDs of a restored cluster are those that etcd computes") {
  CHECK(bootstrap_member_id("https://127.0.50.1:2380", "etcd-cluster") == "3268ec3f91e7aab5");
  CHECK(bootstrap_member_id("https://127.0.50.2:2380", "etcd-cluster") == "bd100a1949c7dec3");
  CHECK(bootstrap_cluster_id("node3=https://127.0.50.3:2380,node1=https://127.0.50.1:2380,node2=https://127.0.50.2:2380",
                             "etcd-cluster") == "f807356dda915864");
}

TEST_CASE("another token gives other IDs") {
  CHECK(bootstrap_member_id("https://127.0.50.1:2380", "other") != "3268ec3f91e7aab5");
  CHECK(bootstrap_cluster_id("node1=https://127.0.50.1:2380", "one") !=
        bootstrap_cluster_id("node1=https://127.0.50.1:2380", "two"));
}

TEST_CASE("the revision is bumped by the versions of etcd's tools that can") {
  const auto bumps = [](const std::string& version) {
    Tool tool;
    tool.set_version(version);
    return can_bump(tool);
  };
  for (const char* version : {"3.4.27", "3.4.37", "3.5.10", "3.5.16", "3.6.0", "3.7.1"}) CHECK(bumps(version));
  for (const char* version : {"3.3.99", "3.4.23", "3.5.9", "", "unknown"}) CHECK_FALSE(bumps(version));
}

}  // namespace
}  // namespace quorate
