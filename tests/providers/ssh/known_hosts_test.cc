// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/known_hosts.h"

#include <catch2/catch.hpp>

#include "tests/providers/ssh/sshd.h"

namespace quorate::ssh::test {

TEST_CASE("the name under which a host is known") {
  CHECK(known_hosts_name("Node1", 22, "") == "node1");
  CHECK(known_hosts_name("node1", 2222, "") == "[node1]:2222");
  CHECK(known_hosts_name("node1", 2222, "Alias") == "alias");
}

TEST_CASE("lines that name a host") {
  const Directory directory;
  const std::string file = directory.put("known_hosts",
                                         "# a comment\n"
                                         "\n"
                                         "node1,10.0.0.1 ssh-ed25519 A1\n"
                                         "*.example.com,!bad.example.com ssh-rsa A2 words of a comment\n"
                                         "[node1]:2222\tssh-ed25519\tA3\n"
                                         "@revoked node1 ssh-rsa A4\n"
                                         "@unknown node1 ssh-rsa A5\n"
                                         "NODE9 ssh-ed25519 A6\n"
                                         "node1\n");
  const auto found = [&](const std::string& name) {
    std::string keys;
    for (const auto& each : find_known_hosts({directory.path("missing"), file}, name)) keys += each.key + " ";
    return keys;
  };
  CHECK(found("node1") == "A1 A4 ");
  CHECK(found("10.0.0.1") == "A1 ");
  CHECK(found("a.example.com") == "A2 ");
  CHECK(found("bad.example.com").empty());
  CHECK(found("[node1]:2222") == "A3 ");
  CHECK(found("node9") == "A6 ");
  CHECK(find_known_hosts({file}, "10.0.0.1")[0].place == file + ":3");
}

TEST_CASE("algorithms of known keys are offered first") {
  const std::vector<KnownHost> known{{KnownHost::Marker::none, "ssh-rsa", "A", "f:1"}};
  CHECK(order_host_key_algorithms(known, "ssh-ed25519,rsa-sha2-512,rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256") ==
        "rsa-sha2-512,rsa-sha2-256,ssh-ed25519");
  CHECK(order_host_key_algorithms({}, "ssh-ed25519,rsa-sha2-512") == "ssh-ed25519,rsa-sha2-512");
}

}  // namespace quorate::ssh::test
