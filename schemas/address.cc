// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <arpa/inet.h>

#include "schemas/spec_reader.h"
#include "schemas/spec_words.h"

namespace quorate {

std::string address_bytes(const std::string& text) {
  std::array<char, 16> bytes{};
  // inet_pton reads up to a NUL: what comes after one would not be looked at.
  if (text.find('\0') != std::string::npos) return "";
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return "";
}

bool is_ip_address(const std::string& text) { return !address_bytes(text).empty(); }

std::string member_address(const MemberSpec& member) {
  if (!member.address().empty()) return member.address();
  return is_ip_address(member.host()) ? member.host() : "";
}

std::string https_url(const std::string& address, int port) {
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return "https://" + (is_ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

}  // namespace quorate
