// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/known_hosts.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "providers/ssh/base64.h"

namespace quorate::ssh {
namespace {

constexpr std::string_view default_algorithms =
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256";

// `*` and `?` as in file names.
bool matches(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    for (std::size_t skipped = 0; skipped <= text.size(); ++skipped) {
      if (matches(text.substr(skipped), pattern.substr(1))) return true;
    }
    return false;
  }
  if (text.empty() || (pattern.front() != '?' && pattern.front() != text.front())) return false;
  return matches(text.substr(1), pattern.substr(1));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
  return text;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// |1|salt|HMAC-SHA1 of the name with the salt as key|
bool matches_hash(const std::string& name, const std::string& hashed) {
  const auto parts = split(hashed, '|');
  if (parts.size() != 4 || parts[1] != "1") return false;
  const std::string salt = decode_base64(parts[2]);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha1(), salt.data(), static_cast<int>(salt.size()), reinterpret_cast<const unsigned char*>(name.data()), name.size(),
       digest, &size);
  return decode_base64(parts[3]) == std::string(reinterpret_cast<const char*>(digest), size);
}

bool names(const std::string& patterns, const std::string& name) {
  if (patterns.starts_with("|")) return matches_hash(name, patterns);
  bool named = false;
  for (const auto& pattern : split(lower(patterns), ',')) {
    if (pattern.starts_with("!")) {
      if (matches(name, std::string_view(pattern).substr(1))) return false;
    } else {
      named = named || matches(name, pattern);
    }
  }
  return named;
}

std::optional<KnownHost> parse_line(const std::string& line, const std::string& name) {
  std::stringstream words(line);
  std::string hosts;
  words >> hosts;
  if (hosts.empty() || hosts.front() == '#') return std::nullopt;
  KnownHost known;
  if (hosts.front() == '@') {
    if (hosts != "@cert-authority" && hosts != "@revoked") return std::nullopt;
    known.marker = hosts == "@revoked" ? KnownHost::Marker::revoked : KnownHost::Marker::authority;
    words >> hosts;
  }
  words >> known.key_type >> known.key;
  if (known.key.empty() || !names(hosts, name)) return std::nullopt;
  return known;
}

std::vector<std::string> algorithms_of(const std::string& key_type) {
  if (key_type == "ssh-rsa") return {"rsa-sha2-512", "rsa-sha2-256"};
  return {key_type};
}

}  // namespace

std::string known_hosts_name(const std::string& host, std::uint16_t port, const std::string& alias) {
  if (!alias.empty()) return lower(alias);
  return port == 22 ? lower(host) : "[" + lower(host) + "]:" + std::to_string(port);
}

std::vector<KnownHost> find_known_hosts(const std::vector<std::string>& files, const std::string& name) {
  std::vector<KnownHost> found;
  for (const auto& file : files) {
    std::ifstream stream(file);
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
      ++number;
      auto known = parse_line(line, name);
      if (!known) continue;
      known->place = file + ":" + std::to_string(number);
      found.push_back(std::move(*known));
    }
  }
  return found;
}

std::string order_host_key_algorithms(const std::vector<KnownHost>& known, const std::string& allowed) {
  const auto all = split(allowed.empty() ? std::string(default_algorithms) : allowed, ',');
  const auto is_known = [&](const std::string& algorithm) {
    return std::any_of(known.begin(), known.end(), [&](const KnownHost& each) {
      if (each.marker != KnownHost::Marker::none) return false;
      const auto of_key = algorithms_of(each.key_type);
      return std::find(of_key.begin(), of_key.end(), algorithm) != of_key.end();
    });
  };
  std::string first;
  std::string rest;
  for (const auto& algorithm : all) {
    // A key in a certificate would not be the one that known_hosts has.
    if (algorithm.find("-cert-v01") != std::string::npos) continue;
    std::string& list = is_known(algorithm) ? first : rest;
    list += (list.empty() ? "" : ",") + algorithm;
  }
  return first.empty() ? rest : rest.empty() ? first : first + "," + rest;
}

}  // namespace quorate::ssh
