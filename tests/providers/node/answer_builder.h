// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace quorate::test {

/// A probe's answer, record by record.
class AnswerBuilder {
 public:
  /// With the first record that every answer has.
  AnswerBuilder();
  AnswerBuilder& add(const std::string& name, const std::string& body);
  /// As emit_file prints it.
  AnswerBuilder& add_file(const std::string& name, const std::string& path, const std::string& content);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::pair<std::string, std::string>> records_;
};

std::string in_hex(const std::string& bytes);
std::string test_data(const std::string& name);

}  // namespace quorate::test
