// SPDX-License-Identifier: Apache-2.0
// Which certificates are replaced though they are there.
#include "plans/certificates.h"

#include <catch2/catch.hpp>

namespace quorate {
namespace {

constexpr std::int64_t now_seconds = 1'772'000'000;
constexpr std::int64_t a_year_on = now_seconds + 365 * 86400;

Certificate& add(NodeObservation& node, const std::string& file, const std::vector<std::string>& sans) {
  Certificate& certificate = *node.mutable_facts()->add_certificates();
  certificate.set_path("/etc/kubernetes/pki/etcd/" + file);
  certificate.set_present(true);
  certificate.set_not_after_seconds(a_year_on);
  certificate.set_fingerprint("of " + file);
  certificate.set_key_matches(true);
  certificate.set_key_mode("600");
  for (const std::string& san : sans) certificate.add_sans(san);
  return certificate;
}

// Reached at an address of a router's, which the machine has not.
NodeObservation behind_a_router() {
  NodeObservation node;
  node.set_name("node3");
  node.mutable_facts()->set_pki_directory("/etc/kubernetes/pki/etcd");
  node.mutable_facts()->add_addresses("10.0.0.3");
  Member& member = *node.mutable_endpoint()->mutable_member_list()->add_members();
  member.set_id("8e9e05c52164694d");
  member.add_client_urls("https://192.0.2.3:2379");
  add(node, "ca.crt", {}).set_not_after_seconds(a_year_on + 9 * 365 * 86400LL);
  for (const char* file : {"server.crt", "peer.crt"})
    add(node, file, {"DNS:node3", "DNS:localhost", "IP:192.0.2.3", "IP:127.0.0.1"});
  add(node, "healthcheck-client.crt", {});
  return node;
}

MemberSituation member_on_node3() {
  MemberSituation member;
  member.id = "8e9e05c52164694d";
  member.peer_url = "https://192.0.2.3:2380";
  return member;
}

std::map<std::string, std::string> reasons(const ClusterSpec& spec, const NodeObservation& node) {
  const MemberSituation member = member_on_node3();
  std::map<std::string, std::string> texts;
  for (const auto& [name, renewal] : certificates_to_renew(spec, node, &member, true, now_seconds)) texts[name] = renewal.reason;
  return texts;
}

using Reasons = std::map<std::string, std::string>;

TEST_CASE("an etcd that serves at an address that its machine has not keeps its certificates") {
  CHECK(reasons({}, behind_a_router()).empty());
}

TEST_CASE("of a serving etcd what its clients cannot use is replaced, and what its peers do not find in it") {
  NodeObservation node = behind_a_router();
  node.mutable_facts()->mutable_certificates(3)->add_usages("client");
  node.mutable_facts()->mutable_certificates(2)->add_usages("server");
  node.mutable_facts()->add_addresses("192.0.2.3");
  node.mutable_facts()->mutable_certificates(1)->clear_sans();
  CHECK(reasons({}, node) == Reasons{{"etcd-server", "lacks names"}, {"etcd-peer", "is of no use"}});
}

TEST_CASE("an address is one, however it is written, and a name in either case") {
  ClusterSpec spec;
  spec.mutable_certificates()->add_extra_sans("2001:DB8:0:0::1");
  spec.mutable_certificates()->add_extra_sans("ETCD.example.com");
  NodeObservation node = behind_a_router();
  CHECK(reasons(spec, node) == Reasons{{"etcd-server", "lacks names"}, {"etcd-peer", "lacks names"}});
  for (const int i : {1, 2}) {
    node.mutable_facts()->mutable_certificates(i)->add_sans("IP:2001:db8::1");
    node.mutable_facts()->mutable_certificates(i)->add_sans("DNS:etcd.example.com");
  }
  CHECK(reasons(spec, node).empty());
}

TEST_CASE("what its CA ends with is not replaced again and again") {
  NodeObservation node = behind_a_router();
  for (Certificate& certificate : *node.mutable_facts()->mutable_certificates())
    certificate.set_not_after_seconds(now_seconds + 86400);
  CHECK(reasons({}, node).empty());
  node.mutable_facts()->mutable_certificates(0)->set_not_after_seconds(a_year_on);
  CHECK(reasons({}, node).size() == 3);
}

TEST_CASE("a key is exposed where everybody may read or write it, not where a group may") {
  for (const auto& [mode, exposed] :
       std::map<std::string, bool>{{"600", false}, {"640", false}, {"644", true}, {"602", true}, {"", false}}) {
    Certificate certificate;
    certificate.set_key_mode(mode);
    INFO(mode);
    CHECK(key_is_exposed(certificate) == exposed);
  }
}

}  // namespace
}  // namespace quorate
