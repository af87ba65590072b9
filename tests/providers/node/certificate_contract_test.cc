// SPDX-License-Identifier: Apache-2.0
// What every Node shows of certificates, the fake and the shipped scripts.
#include <catch2/catch.hpp>

#include "providers/pki/certificates.h"
#include "tests/providers/node/contract.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/program.h"

namespace quorate::test {
namespace {

TEST_CASE("of the rest of the control plane the certificates are read, also those in kubeconfigs, and no key") {
  const auto under_test = make_node_under_test(GENERATE(NodeKind::fake, NodeKind::scripts));
  const CertificateAuthority authority = make_authority("kubernetes");
  const TemporaryDirectory files;
  const std::string encoded = run({"base64", "-w", "0", write_file(files.path() / "c", authority.certificate)});
  under_test->write("/etc/kubernetes/pki/apiserver.crt", authority.certificate);
  under_test->write("/etc/kubernetes/admin.conf",
                    "users:\n- user:\n    client-certificate-data: " + encoded + "\n    client-key-data: QSBzZWNyZXQga2V5Cg==\n");
  const auto probe = under_test->node().probe(soon());
  REQUIRE(probe.ok());
  const auto& certificates = probe->facts.certificates();
  REQUIRE(certificates.size() == 7);
  for (const int i : {5, 6}) {
    CHECK(certificates[i].subject() == "kubernetes");
    CHECK(certificates[i].problem() == "");
    CHECK_FALSE(certificates[i].has_key_matches());
  }
  CHECK(certificates[5].path() == "/etc/kubernetes/pki/apiserver.crt");
  CHECK(certificates[6].path() == "/etc/kubernetes/admin.conf");
  CHECK(probe->facts.SerializeAsString().find("QSBzZWNyZXQg") == std::string::npos);
}

TEST_CASE("the CA is read, or it is said what is missing") {
  const auto under_test = make_node_under_test(GENERATE(NodeKind::fake, NodeKind::scripts));
  const std::string directory = "/etc/kubernetes/pki/etcd";
  under_test->make_directory(directory);
  CHECK(under_test->node().read_authority(directory, soon()).status().code() == absl::StatusCode::kNotFound);
  under_test->write(directory + "/ca.crt", "certificate");
  under_test->write(directory + "/ca.key", "key");
  CHECK(under_test->node().read_authority(directory, soon()).status().code() == absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("every CA of ca.crt is seen, in its order, and what one of them signed is signed") {
  const auto under_test = make_node_under_test(GENERATE(NodeKind::fake, NodeKind::scripts));
  const CertificateAuthority before = make_authority("etcd-ca");
  const CertificateAuthority next = make_authority("etcd-ca-2");
  pki::Request request;
  request.common_name = "node1";
  const auto issued = pki::issue(request, next.certificate, next.key, std::chrono::system_clock::now());
  REQUIRE(issued.ok());
  under_test->write("/etc/kubernetes/pki/etcd/ca.crt", before.certificate + next.certificate);
  under_test->write("/etc/kubernetes/pki/etcd/ca.key", std::string(before.key.expose()));
  under_test->write("/etc/kubernetes/pki/etcd/peer.crt", issued->certificate);
  const auto probe = under_test->node().probe(soon());
  REQUIRE(probe.ok());
  const NodeFacts& facts = probe->facts;
  CHECK(facts.certificates(0).subject() == "etcd-ca");
  CHECK(facts.authority_key_present());
  REQUIRE(facts.more_authorities_size() == 1);
  CHECK(facts.more_authorities(0).subject() == "etcd-ca-2");
  CHECK(facts.certificates(2).issuer() == "etcd-ca-2");
  CHECK(facts.certificates(2).signed_by_authority());
}

TEST_CASE("the next CA is seen once its certificate is there, and whether its key is") {
  const auto under_test = make_node_under_test(GENERATE(NodeKind::fake, NodeKind::scripts));
  const CertificateAuthority next = make_authority("etcd-ca-2");
  const std::string place = "/var/lib/quorate/authority/ca.";
  const auto seen = [&] { return under_test->node().probe(soon()); };
  REQUIRE(seen().ok());
  CHECK_FALSE(seen()->facts.has_next_authority());
  under_test->write(place + "key", std::string(next.key.expose()));
  CHECK_FALSE(seen()->facts.has_next_authority());
  under_test->write(place + "crt", next.certificate);
  const auto whole = seen();
  CHECK(whole->facts.next_authority().subject() == "etcd-ca-2");
  CHECK(whole->facts.next_authority().key_matches());
  CHECK(whole->facts.SerializeAsString().find("PRIVATE KEY") == std::string::npos);
  under_test->write(place + "key", std::string(make_authority("another").key.expose()));
  CHECK_FALSE(seen()->facts.next_authority().key_matches());
}

}  // namespace
}  // namespace quorate::test
