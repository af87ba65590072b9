// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "schemas/digest.h"
#include "schemas/duration.h"
#include "schemas/spec_reader.h"
#include "schemas/suggestion.h"
#include "schemas/utf8.h"

namespace quorate {
namespace {

long seconds(const std::string& text) {
  const auto duration = parse_duration(text);
  return duration ? duration->count() : -1;
}

}  // namespace

TEST_CASE("a duration is a sum of days, hours, minutes and seconds, from large to small") {
  CHECK(seconds("365d") == 31536000);
  CHECK(seconds("8760h") == 31536000);
  CHECK(seconds("90m") == 5400);
  CHECK(seconds("30s") == 30);
  CHECK(seconds("1d12h") == 129600);
  CHECK(seconds("1d2h3m4s") == 93784);
  CHECK(seconds("0s") == 0);
  CHECK(seconds("36500d") == 3153600000);
}

TEST_CASE("what is no duration is refused, also what would overflow") {
  for (const char* text : {"", "5", "d", "-1d", "+1d", "1.5h", "1 d", " 1d", "1d ", "1w", "1y", "1D", "1h1d", "1h1h", "36501d",
                           "36500d1s", "99999999999999999999d", "5 min", "1d12"}) {
    INFO(text);
    CHECK(seconds(text) == -1);
  }
}

TEST_CASE("sha256_hex agrees with FIPS 180-2's examples") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a diagnostic says place, severity, message and hint") {
  Diagnostic diagnostic{Diagnostic::Severity::error, "cluster.yaml", 12, 9, "wrong", "right"};
  CHECK(diagnostic.text() == "cluster.yaml:12:9: error: wrong (right)");
  CHECK(has_error({diagnostic}));
  diagnostic = {Diagnostic::Severity::warning, "cluster.yaml", 0, 0, "odd", ""};
  CHECK(diagnostic.text() == "cluster.yaml: warning: odd");
  CHECK_FALSE(has_error({diagnostic}));
}

TEST_CASE("a suggestion is near the word, and none is made for a far one") {
  CHECK(closest("membrs", {"name", "members"}) == "members");
  CHECK(closest("extraSans", {"extraSANs"}) == "extraSANs");
  CHECK(closest("colour", {"name", "members"}) == std::nullopt);
  CHECK(closest(std::string(1000000, 'x'), {"members"}) == std::nullopt);
}

TEST_CASE("an address goes into a URL, with brackets where it is IPv6") {
  CHECK(https_url("10.0.0.1", 2380) == "https://10.0.0.1:2380");
  CHECK(https_url("fd00::1", 2379) == "https://[fd00::1]:2379");
  MemberSpec member;
  member.set_host("cp1.example.com");
  CHECK(member_address(member).empty());
  member.set_host("10.0.0.1");
  CHECK(member_address(member) == "10.0.0.1");
  member.set_address("10.0.0.2");
  CHECK(member_address(member) == "10.0.0.2");
}

TEST_CASE("only whole addresses are IP addresses") {
  CHECK(is_ip_address("10.20.30.101"));
  CHECK(is_ip_address("fd00::101"));
  for (const char* text : {"", "10.0.0", "10.0.0.256", "10.0.0.1 ", "cp1", "[fd00::1]", "10.0.0.1/24", "fe80::1%eth0"}) {
    INFO(text);
    CHECK_FALSE(is_ip_address(text));
  }
  CHECK_FALSE(is_ip_address(std::string("10.0.0.1\0x", 10)));
}

TEST_CASE("UTF-8 is refused where it is overlong, a surrogate, cut off or beyond Unicode") {
  CHECK(utf8_length("\xC3\xA9", 0) == 2);
  CHECK(utf8_length("\xF0\x9F\x98\x80", 0) == 4);
  for (const char* text : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\x80", "\xFF"}) {
    CHECK(utf8_length(text, 0) == 0);
  }
}

}  // namespace quorate
