// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/settings.h"

#include <stdlib.h>

#include <catch2/catch.hpp>

#include "providers/ssh/quote.h"
#include "tests/providers/ssh/sshd.h"

using Catch::Matchers::Contains;

namespace quorate::ssh::test {

TEST_CASE("the settings that ssh -G prints") {
  setenv("SSH_AUTH_SOCK", "/run/agent", 1);
  const auto settings = parse_settings("cp1",
                                       "hostname 10.0.0.1\nuser ops\nport 2222\naddressfamily inet\n"
                                       "identityfile /keys/%h-%r\nidentityfile none\nidentitiesonly yes\n"
                                       "userknownhostsfile /a/known /b/known\nglobalknownhostsfile /c/known\n"
                                       "hostkeyalias one\nproxyjump a,b:2200\nconnecttimeout 7\n"
                                       "proxycommand none\nstricthostkeychecking no\ncontrolpath /tmp/%C\n"
                                       "ciphers aes128-ctr\n");
  unsetenv("SSH_AUTH_SOCK");
  REQUIRE(settings.ok());
  CHECK(settings->name == "cp1");
  CHECK(settings->host == "10.0.0.1");
  CHECK(settings->user == "ops");
  CHECK(settings->port == 2222);
  CHECK(settings->family == AddressFamily::inet);
  CHECK(settings->identity_files == std::vector<std::string>{"/keys/10.0.0.1-ops"});
  CHECK(settings->identities_only);
  CHECK(settings->agent_socket == "/run/agent");
  CHECK(settings->known_hosts_files == std::vector<std::string>{"/a/known", "/b/known", "/c/known"});
  CHECK(settings->host_key_alias == "one");
  CHECK(settings->jumps == std::vector<std::string>{"a", "b:2200"});
  CHECK(settings->connect_timeout == std::chrono::seconds(7));
  CHECK(settings->ciphers == "aes128-ctr");
}

TEST_CASE("a setting that cannot be honoured is named") {
  for (const std::string line : {"proxycommand nc %h %p", "certificatefile ~/.ssh/id-cert.pub", "pkcs11provider /usr/lib/p11.so",
                                 "securitykeyprovider /usr/lib/sk.so", "knownhostscommand /bin/x", "revokedhostkeys /etc/revoked",
                                 "bindaddress 10.0.0.9", "pubkeyauthentication no", "pubkeyauthentication false",
                                 "remotecommand tmux", "sessiontype none", "identityfile ~/.ssh/%C"}) {
    const auto settings = parse_settings("cp1", line + "\n");
    INFO(line);
    CHECK(absl::IsFailedPrecondition(settings.status()));
  }
  CHECK_THAT(message_of(parse_settings("cp1", "proxycommand nc %h %p\n").status()), Contains("proxycommand nc %h %p"));
}

TEST_CASE("hops as ProxyJump writes them") {
  const auto full = parse_hop("ops@bastion.example.com:2200");
  REQUIRE(full.ok());
  CHECK(full->user == "ops");
  CHECK(full->host == "bastion.example.com");
  CHECK(full->port == 2200);
  CHECK(parse_hop("ssh://bastion")->host == "bastion");
  CHECK(parse_hop("[2001:db8::1]:22")->host == "2001:db8::1");
  CHECK(parse_hop("2001:db8::1")->host == "2001:db8::1");
  for (const char* wrong : {"", "-x", "ops@", "host:port", "host:99999", "[::1]x"}) {
    INFO(wrong);
    CHECK_FALSE(parse_hop(wrong).ok());
  }
}

TEST_CASE("a member's settings outrank the cluster's") {
  ClusterSpec cluster;
  cluster.mutable_ssh()->set_user("ops");
  cluster.mutable_ssh()->set_sudo(true);
  cluster.mutable_ssh()->set_proxy_jump("bastion");
  MemberSpec member;
  member.set_name("node1");
  member.set_host("10.0.0.1");
  member.mutable_ssh()->set_port(2222);
  member.mutable_ssh()->set_sudo(false);
  const Target target = target_of(cluster, member);
  CHECK(target.name == "node1");
  CHECK(target.host == "10.0.0.1");
  CHECK(target.user == "ops");
  CHECK(target.port == 2222);
  CHECK_FALSE(target.sudo);
  CHECK(target.proxy_jump == "bastion");
}

TEST_CASE("quoting") {
  CHECK(*quote({"a", "it's", ""}) == "'a' 'it'\\''s' ''");
  CHECK_FALSE(quote({}).ok());
  CHECK_FALSE(quote({std::string(1, '\0')}).ok());
}

}  // namespace quorate::ssh::test
