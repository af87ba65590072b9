// SPDX-License-Identifier: Apache-2.0
// The contract with kubeadm: what `openssl x509 -text` shows of its certificates, field by field.
#include <algorithm>

#include <catch2/catch.hpp>

#include "providers/pki/certificates.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/program.h"

namespace quorate::pki {
namespace {

using test::CertificateAuthority;
using test::make_authority;

const CertificateAuthority& authority() {
  static const CertificateAuthority made = make_authority("etcd-ca");
  return made;
}

std::string text_of(const std::string& pem) {
  const test::TemporaryDirectory directory;
  return test::run({"openssl", "x509", "-noout", "-text", "-in", test::write_file(directory.path() / "c.crt", pem)});
}

std::string key_text_of(const Secret& key) {
  const test::TemporaryDirectory directory;
  const std::string path = test::write_file(directory.path() / "c.key", std::string(key.expose()));
  return test::run({"openssl", "rsa", "-check", "-noout", "-text", "-in", path});
}

struct Row {
  std::string file;
  Request request;
  std::string shown;  // lines that kubeadm's certificate shows, from the subject to the end of the extensions
};

Row server_row(const std::string& file) {
  Request request;
  request.common_name = "node2";
  request.sans = {"DNS:localhost", "DNS:node2", "IP:10.20.30.102", "IP:127.0.0.1", "IP:::1"};
  return {file, request,
          "Subject: CN = node2\n"
          "Public Key Algorithm: rsaEncryption\n"
          "Public-Key: (2048 bit)\n"
          "X509v3 Key Usage: critical\n"
          "Digital Signature, Key Encipherment\n"
          "X509v3 Extended Key Usage:\n"
          "TLS Web Server Authentication, TLS Web Client Authentication\n"
          "X509v3 Authority Key Identifier:\n"
          "X509v3 Subject Alternative Name:\n"
          "DNS:localhost, DNS:node2, IP Address:10.20.30.102, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1\n"};
}

Row client_row(const std::string& name) {
  Request request;
  request.common_name = name;
  request.organizations = {"system:masters"};
  request.usage = Usage::client;
  return {name, request,
          "Subject: O = system:masters, CN = " + name +
              "\n"
              "Public Key Algorithm: rsaEncryption\n"
              "Public-Key: (2048 bit)\n"
              "X509v3 Key Usage: critical\n"
              "Digital Signature, Key Encipherment\n"
              "X509v3 Extended Key Usage:\n"
              "TLS Web Client Authentication\n"
              "X509v3 Authority Key Identifier:\n"};
}

std::string trimmed(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return line.substr(begin, line.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

// Hex lines differ by key. The one thing that kubeadm 1.20 did not write and later ones do is CA:FALSE.
bool is_own_to_each(const std::string& line) {
  return line.find_first_not_of("0123456789abcdefABCDEF:") == std::string::npos || line == "Modulus:" ||
         line == "Exponent: 65537 (0x10001)" || line == "Subject Public Key Info:" || line == "X509v3 extensions:" ||
         line == "X509v3 Basic Constraints: critical" || line == "CA:FALSE";
}

std::string comparable(const std::string& text) {
  std::string kept;
  bool inside = false;
  for (const std::string& line : lines_of(text)) {
    if (line.rfind("Subject: ", 0) == 0) inside = true;
    if (inside && line.rfind("Signature Algorithm", 0) == 0) break;
    if (inside && !is_own_to_each(line)) kept += line + "\n";
  }
  return kept;
}

std::string line_after(const std::string& text, const std::string& title) {
  const std::vector<std::string> lines = lines_of(text);
  const auto found = std::find(lines.begin(), lines.end(), title);
  return found == lines.end() || found + 1 == lines.end() ? "" : *(found + 1);
}

TEST_CASE("what is issued is what kubeadm issues") {
  const auto row = GENERATE(server_row("etcd-server"), server_row("etcd-peer"), client_row("kube-etcd-healthcheck-client"),
                            client_row("kube-apiserver-etcd-client"));
  INFO(row.file);
  const auto now = std::chrono::system_clock::now();
  const auto issued = issue(row.request, authority().certificate, authority().key, now);
  REQUIRE(issued.ok());
  const std::string text = text_of(issued->certificate);
  CHECK(comparable(text) == row.shown);
  CHECK_THAT(text, Catch::Contains("Version: 3 (0x2)") && Catch::Contains("Issuer: CN = etcd-ca\n"));
  CHECK_THAT(text, Catch::Contains("Signature Algorithm: sha256WithRSAEncryption"));
  CHECK_THAT(text, Catch::Contains("X509v3 Basic Constraints: critical\n                CA:FALSE"));
  CHECK(line_after(text, "X509v3 Authority Key Identifier:") ==
        line_after(text_of(authority().certificate), "X509v3 Subject Key Identifier:"));

  const Certificate record = describe(issued->certificate);
  const std::vector<std::string> usages(record.usages().begin(), record.usages().end());
  CHECK(usages ==
        (row.request.usage == Usage::client ? std::vector<std::string>{"client"} : std::vector<std::string>{"server", "client"}));
  CHECK(record.not_before_seconds() == describe(authority().certificate).not_before_seconds());
  CHECK(record.not_after_seconds() == std::chrono::system_clock::to_time_t(now) + 365 * 86400);
  CHECK(key_matches(issued->certificate, issued->key));
  CHECK(signed_by(issued->certificate, authority().certificate));
  CHECK(issued->key.expose().rfind("-----BEGIN RSA PRIVATE KEY-----\n", 0) == 0);
  CHECK_THAT(key_text_of(issued->key), Catch::Contains("Private-Key: (2048 bit") && Catch::Contains("RSA key ok"));
}

TEST_CASE("a key is of the authority's kind and size, as kubeadm's encryptionAlgorithm makes all of them") {
  const auto row = GENERATE(values<std::pair<std::string, std::string>>({
      {"rsa:3072", "Public-Key: (3072 bit)"},
      {"ec", "ASN1 OID: prime256v1"},
  }));
  const test::CertificateAuthority made = test::make_authority("etcd-ca", 3650, row.first);
  const auto issued = issue(server_row("etcd-server").request, made.certificate, made.key, std::chrono::system_clock::now());
  REQUIRE(issued.ok());
  CHECK_THAT(text_of(issued->certificate), Catch::Contains(row.second));
  CHECK(key_matches(issued->certificate, issued->key));
  CHECK(signed_by(issued->certificate, made.certificate));
  const std::string begin = row.first == "ec" ? "-----BEGIN EC PRIVATE KEY-----\n" : "-----BEGIN RSA PRIVATE KEY-----\n";
  CHECK(issued->key.expose().rfind(begin, 0) == 0);
}

TEST_CASE("a public key's hash is the one by which kubeadm knows a CA") {
  const test::TemporaryDirectory directory;
  const std::string file = test::write_file(directory.path() / "ca.crt", authority().certificate);
  // as its documentation has it
  const std::string shown = test::run(
      {"sh", "-c", "openssl x509 -pubkey -noout -in \"$1\" | openssl pkey -pubin -outform der | sha256sum | cut -d' ' -f1", "sh",
       file});
  const absl::StatusOr<std::string> hash = public_key_hash(authority().certificate);
  REQUIRE(hash.ok());
  CHECK(*hash + "\n" == "sha256:" + shown);
  CHECK_FALSE(public_key_hash("no certificate").ok());
}

TEST_CASE("a random word is of the letters that are asked for, and another each time") {
  const absl::StatusOr<Secret> word = random_word(200, "abc");
  REQUIRE(word.ok());
  CHECK(word->expose().size() == 200);
  CHECK(word->expose().find_first_not_of("abc") == std::string::npos);
  for (const char letter : {'a', 'b', 'c'}) CHECK(word->expose().find(letter) != std::string::npos);
  CHECK(random_word(200, "abc")->expose() != word->expose());
}

TEST_CASE("describe agrees with the openssl program") {
  const auto issued = issue(server_row("").request, authority().certificate, authority().key, std::chrono::system_clock::now());
  REQUIRE(issued.ok());
  const test::TemporaryDirectory directory;
  const std::string shown = test::run({"openssl", "x509", "-noout", "-serial", "-fingerprint", "-sha256", "-dateopt", "iso_8601",
                                       "-enddate", "-in", test::write_file(directory.path() / "c.crt", issued->certificate)});
  const Certificate record = describe(issued->certificate);
  std::string plain = shown;
  plain.erase(std::remove(plain.begin(), plain.end(), ':'), plain.end());
  std::transform(plain.begin(), plain.end(), plain.begin(), [](unsigned char c) { return std::tolower(c); });
  CHECK_THAT(plain, Catch::Contains("serial=" + record.serial() + "\n"));
  CHECK_THAT(plain, Catch::Contains("fingerprint=" + record.fingerprint() + "\n"));
  const std::time_t end = record.not_after_seconds();
  char expected[64];
  REQUIRE(std::strftime(expected, sizeof expected, "notAfter=%Y-%m-%d %H:%M:%SZ", std::gmtime(&end)) > 0);
  CHECK_THAT(shown, Catch::Contains(expected));
}

TEST_CASE("a serial is its own each time") {
  const Request request = server_row("").request;
  const auto now = std::chrono::system_clock::now();
  const auto first = issue(request, authority().certificate, authority().key, now);
  const auto second = issue(request, authority().certificate, authority().key, now);
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(describe(first->certificate).serial() != describe(second->certificate).serial());
}

TEST_CASE("nothing outlives its authority") {
  const CertificateAuthority brief = make_authority("etcd-ca", 30);
  const auto issued = issue(server_row("").request, brief.certificate, brief.key, std::chrono::system_clock::now());
  REQUIRE(issued.ok());
  CHECK(describe(issued->certificate).not_after_seconds() == describe(brief.certificate).not_after_seconds());
}

TEST_CASE("the first of a bundle is the authority, as for kubeadm") {
  const CertificateAuthority older = make_authority("etcd-ca");
  const std::string bundle = authority().certificate + older.certificate;
  const auto now = std::chrono::system_clock::now();
  const auto issued = issue(server_row("").request, bundle, authority().key, now);
  REQUIRE(issued.ok());
  CHECK(signed_by(issued->certificate, authority().certificate));
  CHECK_FALSE(issue(server_row("").request, bundle, older.key, now).ok());
}

TEST_CASE("what cannot be issued is refused as invalid") {
  const CertificateAuthority other = make_authority("etcd-ca");
  Request no_name;
  Request bad_address = server_row("").request;
  bad_address.sans = {"IP:10.0.0.300"};
  Request bad_kind = server_row("").request;
  bad_kind.sans = {"email:a@b"};
  Request empty_name = server_row("").request;
  empty_name.sans = {"DNS:"};
  struct Case {
    Request request;
    std::string certificate;
    Secret key;
    std::string message;
  };
  const Request good = server_row("").request;
  const std::vector<Case> cases{
      {good, "garbage", authority().key, "the authority's certificate cannot be read"},
      {good, authority().certificate, Secret("garbage"), "the authority's key cannot be read"},
      {good, authority().certificate, other.key, "does not belong"},
      {no_name, authority().certificate, authority().key, "common name"},
      {bad_address, authority().certificate, authority().key, "`IP:10.0.0.300`"},
      {bad_kind, authority().certificate, authority().key, "`email:a@b`"},
      {empty_name, authority().certificate, authority().key, "`DNS:`"},
  };
  for (const Case& each : cases) {
    const auto issued = issue(each.request, each.certificate, each.key, std::chrono::system_clock::now());
    INFO(each.message);
    REQUIRE_FALSE(issued.ok());
    CHECK(issued.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(message_of(issued.status()), Catch::Contains(each.message));
  }
}

}  // namespace
}  // namespace quorate::pki
