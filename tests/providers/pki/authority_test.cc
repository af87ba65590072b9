// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "providers/pki/certificates.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/program.h"

namespace quorate::pki {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::string& pem) {
  const test::TemporaryDirectory directory;
  return test::run({"openssl", "x509", "-noout", "-text", "-in", test::write_file(directory.path() / "c.crt", pem)});
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("a CA is made as kubeadm makes etcd's, with a key like the one before and for as long") {
  const std::string kind = GENERATE("rsa:2048", "rsa:3072", "ec");
  const test::CertificateAuthority before = test::make_authority("etcd-ca", 3650, kind);
  const auto now = std::chrono::system_clock::now();
  const auto made = make_authority("etcd-ca-2", before.certificate, now);
  REQUIRE(made.ok());
  CHECK(key_matches(made->certificate, made->key));
  CHECK(signed_by(made->certificate, made->certificate));
  const std::string text = text_of(made->certificate);
  INFO(text);
  CHECK(has(text, "Issuer: CN = etcd-ca-2"));
  CHECK(has(text, "Subject: CN = etcd-ca-2"));
  CHECK(has(text, "CA:TRUE"));
  CHECK(has(text, "Digital Signature, Key Encipherment, Certificate Sign"));
  CHECK(has(text, "X509v3 Subject Key Identifier"));
  CHECK(has(text, kind == "rsa:3072" ? "(3072 bit)" : kind == "rsa:2048" ? "(2048 bit)" : "P-256"));
  const Certificate first = describe(before.certificate);
  const Certificate second = describe(made->certificate);
  CHECK(second.not_after_seconds() - second.not_before_seconds() == first.not_after_seconds() - first.not_before_seconds());
  CHECK(second.not_before_seconds() <= std::chrono::system_clock::to_time_t(now) - 3600);
}

TEST_CASE("what a new CA issues is trusted by a bundle that has it, and not by the CA before") {
  const test::CertificateAuthority before = test::make_authority("etcd-ca");
  const auto now = std::chrono::system_clock::now();
  const auto made = make_authority("etcd-ca-2", before.certificate, now);
  REQUIRE(made.ok());
  Request request;
  request.common_name = "node1";
  request.sans = {"DNS:node1"};
  const auto issued = issue(request, made->certificate, made->key, now);
  REQUIRE(issued.ok());
  CHECK(describe(issued->certificate).issuer() == "etcd-ca-2");
  CHECK(signed_by(issued->certificate, before.certificate + made->certificate));
  CHECK_FALSE(signed_by(issued->certificate, before.certificate));
}

TEST_CASE("of several certificates those that are named are taken, in that order") {
  const std::string first = test::make_authority("etcd-ca").certificate;
  const std::string second = test::make_authority("etcd-ca-2").certificate;
  const auto turned = select_certificates(first + second, {"etcd-ca-2", "etcd-ca"});
  REQUIRE(turned.ok());
  const auto records = describe_all(*turned);
  REQUIRE(records.size() == 2);
  CHECK(records[0].fingerprint() == describe(second).fingerprint());
  CHECK(records[1].fingerprint() == describe(first).fingerprint());
  CHECK(select_certificates(first, {"etcd-ca-2"}).status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("a CA is made like one that can be read, and has a name") {
  const auto now = std::chrono::system_clock::now();
  CHECK(make_authority("etcd-ca-2", "garbage", now).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(make_authority("", test::make_authority("etcd-ca").certificate, now).status().code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace quorate::pki
