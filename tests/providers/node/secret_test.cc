// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "providers/node/probe_parser.h"
#include "schemas/json.h"
#include "tests/providers/node/answer_builder.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/fake_node.h"

namespace quorate::test {
namespace {

constexpr const char* poison = "P0ISON-key-bytes";

bool appears(const NodeFacts& facts, const std::string& text) {
  return to_json(facts, JsonForm::line).find(text) != std::string::npos ||
         facts.SerializeAsString().find(text) != std::string::npos;
}

TEST_CASE("no key and no other pod's text comes into the facts") {
  const std::string pki = "/etc/kubernetes/pki/";
  AnswerBuilder answer;
  for (const char* pair : {"etcd/ca", "etcd/server", "apiserver-etcd-client"}) {
    answer.add_file("certificate", pki + pair + ".crt", "control-certificate");
    answer.add_file("key", pki + pair + ".key", std::string("-----BEGIN RSA PRIVATE KEY-----\n") + poison);
  }
  answer.add_file(
      "manifest", "/m/vip.yaml",
      std::string("apiVersion: v1\nkind: Pod\nmetadata: {name: vip}\nspec: {containers: [{name: vip, env: [{name: A, value: ") +
          poison + "}]}]}\n");
  answer.add_file("manifest", "/m/broken.yaml", std::string("{ etcd ") + poison);
  answer.add_file("manifest", "/m/etcd.yaml", test_data("etcd.yaml") + "# control-comment\n");
  const auto probe = node::parse_probe(answer.text(), {});
  REQUIRE(probe.ok());
  // The search finds what is there.
  CHECK(appears(probe->facts, "control-comment"));
  CHECK_FALSE(appears(probe->facts, poison));
}

TEST_CASE("the pair that etcd is asked with is the best that the node has, beside the facts") {
  const CertificateAuthority authority = make_authority("etcd-ca");
  FakeNode node("node1");
  const std::string pki = "/etc/kubernetes/pki/etcd/";
  node.write_file(pki + "ca.crt", authority.certificate);
  // A pair is a pair, whatever it is for: the CA's own serves here.
  for (const char* pair : {"ca", "server", "healthcheck-client"}) {
    node.write_file(pki + pair + ".crt", authority.certificate);
    node.write_file(pki + pair + ".key", std::string(authority.key.expose()));
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  const auto probe = node.probe(deadline);
  REQUIRE(probe.ok());
  CHECK(probe->credentials.authority == authority.certificate);
  CHECK(probe->credentials.key.expose() == authority.key.expose());
  CHECK(probe->facts.authority_key_present());
  CHECK(probe->facts.certificates(1).key_matches());
  CHECK(probe->facts.certificates(1).key_mode() == "600");
  CHECK_FALSE(probe->facts.certificates(2).present());
  const std::string key(authority.key.expose());
  CHECK_FALSE(appears(probe->facts, key.substr(100, 30)));

  node.remove_file(pki + "ca.key");
  CHECK_FALSE(node.probe(deadline)->facts.authority_key_present());
  node.write_file(pki + "healthcheck-client.key", "not its key");
  node.remove_file(pki + "server.key");
  CHECK(node.probe(deadline)->credentials.key.empty());
}

}  // namespace
}  // namespace quorate::test
