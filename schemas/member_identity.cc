// SPDX-License-Identifier: Apache-2.0
#include "schemas/member_identity.h"

#include <algorithm>
#include <map>
#include <vector>

#include <absl/strings/escaping.h>

#include "schemas/digest.h"

namespace quorate {
namespace {

constexpr std::size_t id_bytes = 8;

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string member_id(std::vector<std::string> peer_urls, const std::string& token) {
  std::sort(peer_urls.begin(), peer_urls.end());
  std::string bytes;
  for (const std::string& url : peer_urls) bytes += url;
  return sha1(bytes + token).substr(0, id_bytes);
}

}  // namespace

std::string bootstrap_member_id(const std::string& peer_urls, const std::string& token) {
  return absl::BytesToHexString(member_id(parts_of(peer_urls), token));
}

std::string bootstrap_cluster_id(const std::string& initial_cluster, const std::string& token) {
  std::map<std::string, std::vector<std::string>> urls;
  for (const std::string& part : parts_of(initial_cluster)) {
    const std::size_t equals = part.find('=');
    if (equals != std::string::npos) urls[part.substr(0, equals)].push_back(part.substr(equals + 1));
  }
  std::vector<std::string> ids;
  for (const auto& [name, of_member] : urls) ids.push_back(member_id(of_member, token));
  // Big-endian numbers: their bytes have the same order.
  std::sort(ids.begin(), ids.end());
  std::string bytes;
  for (const std::string& id : ids) bytes += id;
  return absl::BytesToHexString(sha1(bytes).substr(0, id_bytes));
}

}  // namespace quorate
