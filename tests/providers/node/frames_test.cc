// SPDX-License-Identifier: Apache-2.0
#include "providers/node/frames.h"

#include <catch2/catch.hpp>

#include "providers/node/probe_parser.h"
#include "tests/providers/node/answer_builder.h"

namespace quorate::test {
namespace {

const node::ProbeTimes times{1800000000000, 1800000000000};

std::string problem_of(const std::string& answer) {
  const auto probe = node::parse_probe(answer, times);
  if (probe.ok()) return "";
  CHECK(probe.status().code() == absl::StatusCode::kDataLoss);
  return message_of(probe.status());
}

TEST_CASE("an answer that is none is refused, and says what it was") {
  CHECK(problem_of("") == "the answer was cut off");
  CHECK_THAT(problem_of("Last login: Mon Nov 23\n"), Catch::Contains("Last login: Mon Nov 23"));
  CHECK_THAT(problem_of("sudo: a password is required\n"), Catch::Contains("sudo: a password is required"));
  CHECK_THAT(problem_of(std::string("\0\xff\xfe=begin", 9)), Catch::Contains("unexpected"));
  CHECK_THAT(problem_of(AnswerBuilder().add("surprise", "x").text()), Catch::Contains("surprise"));
  CHECK_THAT(problem_of(AnswerBuilder().add("hostname", "a").add("hostname", "b").text()), Catch::Contains("twice"));
  CHECK_THAT(problem_of(AnswerBuilder().text() + "logout\n"), Catch::Contains("logout"));
}

TEST_CASE("an answer is refused wherever it is cut off or a byte is missing") {
  const std::string whole = AnswerBuilder()
                                .add("hostname", "node1")
                                .add("kubelet-errors", "E1123 =end 1\n=end 1\n2\n")
                                .add_file("manifest", "/etc/kubernetes/manifests/etcd.yaml", test_data("etcd.yaml"))
                                .text();
  REQUIRE(problem_of(whole) == "");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    REQUIRE(problem_of(whole.substr(0, length)) != "");
    if (length < 120) REQUIRE(problem_of(whole.substr(0, length) + whole.substr(length + 1)) != "");
  }
}

TEST_CASE("wrong lengths are refused") {
  for (const char* header : {"=hostname 4", "=hostname 6", "=hostname 05", "=hostname -5", "=hostname 99999999999999999999",
                             "=hostname", "=hostname ", "= 5", "hostname 5", "=Hostname 5", "=hostname 5 5"}) {
    std::string text = AnswerBuilder().add("hostname", "node1").text();
    const std::string right = "=hostname 5";
    text.replace(text.find(right), right.size(), header);
    INFO(header);
    CHECK(problem_of(text) != "");
  }
}

TEST_CASE("bytes of a file arrive as they are") {
  CHECK(*node::decode("base64", "AP8K\nAA==\n") == std::string("\0\xff\n\0", 4));
  CHECK(*node::decode("hex", " 00 ff\n 0a") == std::string("\0\xff\n", 3));
  CHECK(*node::decode("base64", "") == "");
  for (const char* bad : {"A", "A===", "AP8", "AP8K*", "QQ=Q"}) CHECK_FALSE(node::decode("base64", bad).ok());
  for (const char* bad : {"0", "0g", "zz"}) CHECK_FALSE(node::decode("hex", bad).ok());
  CHECK_FALSE(node::decode("rot13", "").ok());
}

TEST_CASE("random damage never crashes the parser") {
  const std::string whole = AnswerBuilder().add("hostname", "node1").add("data-state", "absent").text();
  std::uint32_t random = 12345;
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = whole;
    random = random * 1664525U + 1013904223U;
    damaged[random % damaged.size()] = static_cast<char>(random >> 24U);
    (void)node::parse_probe(damaged, times);
  }
  SUCCEED();
}

}  // namespace
}  // namespace quorate::test
