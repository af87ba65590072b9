// SPDX-License-Identifier: Apache-2.0
#include "tests/providers/node/answer_builder.h"

#include <array>
#include <cstdio>

#include "tests/support/program.h"

namespace quorate::test {

AnswerBuilder::AnswerBuilder() { add("begin", "quorate-probe 1"); }

AnswerBuilder& AnswerBuilder::add(const std::string& name, const std::string& body) {
  records_.emplace_back(name, body);
  return *this;
}

AnswerBuilder& AnswerBuilder::add_file(const std::string& name, const std::string& path, const std::string& content) {
  return add(name, "0:0 600 1800000000 " + std::to_string(content.size()) + " hex " + std::to_string(path.size()) + "\n" + path +
                       "\n" + in_hex(content));
}

std::string AnswerBuilder::text() const {
  std::string text;
  for (const auto& [name, body] : records_) {
    text += "=" + name + " " + std::to_string(body.size()) + "\n" + body + "\n";
  }
  const std::string count = std::to_string(records_.size());
  return text + "=end " + std::to_string(count.size()) + "\n" + count + "\n";
}

std::string in_hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned char>(byte));
    text += digits.data();
  }
  return text;
}

std::string test_data(const std::string& name) { return read_file(std::string(TEST_DATA) + "/" + name); }

}  // namespace quorate::test
