// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "providers/pki/certificates.h"
#include "tests/support/certificate_authority.h"

namespace quorate::pki {
namespace {

using test::CertificateAuthority;
using test::make_authority;

const CertificateAuthority& authority() {
  static const CertificateAuthority made = make_authority("etcd-ca");
  return made;
}

// Of the same name: kubeadm's etcd CAs all have it.
const CertificateAuthority& foreign_authority() {
  static const CertificateAuthority made = make_authority("etcd-ca");
  return made;
}

Issued issue_for(const std::string& name, std::chrono::system_clock::time_point now) {
  Request request;
  request.common_name = name;
  request.sans = {"DNS:localhost", "DNS:" + name, "IP:10.0.0.1", "IP:::1"};
  auto issued = issue(request, authority().certificate, authority().key, now);
  REQUIRE(issued.ok());
  return *issued;
}

const Issued& server() {
  static const Issued made = issue_for("node1", std::chrono::system_clock::now());
  return made;
}

TEST_CASE("what is no certificate says why") {
  struct Row {
    std::string pem;
    bool present;
    std::string problem;
  };
  const std::string damaged = "-----BEGIN CERTIFICATE-----\nTm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
  const auto row = GENERATE_COPY(values<Row>({
      {"", false, "there is no PEM certificate in it"},
      {"hello", true, "there is no PEM certificate in it"},
      {std::string("\0\xff\x01", 3), true, "there is no PEM certificate in it"},
      {std::string(authority().key.expose()), true, "there is no PEM certificate in it"},
      {damaged, true, "the certificate is damaged"},
      {server().certificate.substr(0, 300), true, "the certificate is damaged"},
  }));
  const Certificate record = describe(row.pem);
  CHECK(record.present() == row.present);
  CHECK_THAT(record.problem(), Catch::Contains(row.problem));
  CHECK(record.fingerprint().empty());
}

TEST_CASE("a certificate's record") {
  const Certificate record = describe(server().certificate);
  CHECK(record.problem().empty());
  CHECK(record.subject() == "node1");
  CHECK(record.issuer() == "etcd-ca");
  const std::vector<std::string> sans(record.sans().begin(), record.sans().end());
  CHECK(sans == std::vector<std::string>{"DNS:localhost", "DNS:node1", "IP:10.0.0.1", "IP:::1"});
  CHECK(record.fingerprint().size() == 64);
  CHECK(describe(authority().certificate).usages(0) == "any");
  CHECK_FALSE(record.has_key_matches());
  CHECK_FALSE(record.has_signed_by_authority());
  CHECK(record.path().empty());
}

TEST_CASE("the first certificate of a bundle is described") {
  const std::string bundle = server().certificate + authority().certificate;
  CHECK(describe(bundle).subject() == "node1");
  CHECK(describe("a comment before it\n" + bundle).subject() == "node1");
}

TEST_CASE("keys and their certificates") {
  static const Issued other = issue_for("node2", std::chrono::system_clock::now());
  CHECK(key_matches(server().certificate, server().key));
  CHECK(key_matches(authority().certificate, authority().key));
  CHECK_FALSE(key_matches(server().certificate, other.key));
  CHECK_FALSE(key_matches(server().certificate, Secret("garbage")));
  CHECK_FALSE(key_matches("garbage", server().key));
  CHECK_FALSE(key_matches("", Secret()));
}

TEST_CASE("a key that needs a passphrase is not readable, and nobody is asked") {
  const Secret encrypted(
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
      "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAA==\n"
      "-----END RSA PRIVATE KEY-----\n");
  CHECK_FALSE(key_matches(server().certificate, encrypted));
}

TEST_CASE("who signed it") {
  const std::string leaf = server().certificate;
  const std::string own = authority().certificate;
  const std::string foreign = foreign_authority().certificate;
  struct Row {
    std::string certificate;
    std::string authorities;
    bool expected;
  };
  const auto row = GENERATE_COPY(values<Row>({
      {leaf, own, true},
      {leaf, foreign, false},
      {leaf, foreign + own, true},
      {leaf, own + foreign, true},
      {own, own, true},
      {own, foreign, false},
      {leaf, leaf, false},
      {leaf, "", false},
      {leaf, "garbage", false},
      {"garbage", own, false},
  }));
  CHECK(signed_by(row.certificate, row.authorities) == row.expected);
}

TEST_CASE("dates do not matter to who signed it") {
  const auto long_ago = std::chrono::system_clock::now() - std::chrono::hours(24 * 800);
  const Issued expired = issue_for("node1", long_ago);
  const Certificate record = describe(expired.certificate);
  CHECK(record.not_after_seconds() < std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  CHECK(signed_by(expired.certificate, authority().certificate));
}

}  // namespace
}  // namespace quorate::pki
