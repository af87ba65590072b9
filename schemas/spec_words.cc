// SPDX-License-Identifier: Apache-2.0
#include "schemas/spec_words.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "schemas/spec_reader.h"

namespace quorate {
namespace {

bool is_lower_or_digit(char character) { return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9'); }

bool is_letter_or_digit(char character) { return is_lower_or_digit(character) || (character >= 'A' && character <= 'Z'); }

bool is_control(char character) { return static_cast<unsigned char>(character) < 0x20 || character == 0x7F; }

// RFC 1123, 2.1: up to 63 letters, digits and inner dashes.
bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char character) { return is_lower_or_digit(character) || character == '-'; });
}

bool is_port(const std::string& text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](unsigned char digit) { return std::isdigit(digit) != 0; }) &&
         std::stoi(text) >= 1 && std::stoi(text) <= 65535;
}

bool consists_of(const std::string& text, std::string_view others) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [others](char character) {
    return is_letter_or_digit(character) || others.find(character) != std::string_view::npos;
  });
}

}  // namespace

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

bool is_dns_name(const std::string& text) {
  std::string_view rest = text;
  if (rest.size() > 253) return false;
  for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    if (!is_label(rest.substr(0, dot))) return false;
    rest.remove_prefix(dot + 1);
  }
  return is_label(rest);
}

bool is_host(const std::string& text) {
  if (is_ip_address(text)) return true;
  // 10.0.0.300 and 10.0.0 are addresses gone wrong, not names: no top-level domain is all digits (RFC 3696, 2).
  const std::string last_label = text.substr(text.rfind('.') + 1);
  const bool is_numeric =
      std::all_of(last_label.begin(), last_label.end(), [](unsigned char character) { return std::isdigit(character) != 0; });
  return is_dns_name(lower_case(text)) && !is_numeric;
}

bool is_certificate_name(const std::string& text) {
  return is_host(text) || (text.compare(0, 2, "*.") == 0 && is_dns_name(lower_case(text.substr(2))));
}

bool is_jump_host(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at != std::string::npos && !is_user_name(text.substr(0, at))) return false;
  const std::string rest = text.substr(at == std::string::npos ? 0 : at + 1);
  if (is_host(rest)) return true;
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos) return false;
  std::string host = rest.substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  return is_port(rest.substr(colon + 1)) && is_host(host) && is_bracketed == (host.find(':') != std::string::npos);
}

bool is_user_name(const std::string& text) { return text.size() <= 64 && consists_of(text, "_.-@"); }

bool is_flag_name(const std::string& text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char character) { return is_lower_or_digit(character) || character == '-'; });
}

bool is_absolute_path(const std::string& text) {
  if (text.size() < 2 || text.front() != '/' || !consists_of(text, "/_.-+@:=")) return false;
  const std::string bounded = text.back() == '/' ? text : text + "/";
  return bounded.find("//") == std::string::npos && bounded.find("/./") == std::string::npos &&
         bounded.find("/../") == std::string::npos;
}

bool is_plain_value(const std::string& text) {
  return !text.empty() && text.front() != '-' && std::none_of(text.begin(), text.end(), is_control);
}

bool is_plain_word(const std::string& text) { return consists_of(text, "/_.-:@"); }

}  // namespace quorate
