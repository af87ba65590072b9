// SPDX-License-Identifier: Apache-2.0
#include "plans/authorities.h"

#include <algorithm>

#include "plans/certificates.h"

namespace quorate {

std::vector<const Certificate*> authorities_of(const NodeFacts& facts) {
  const Certificate* first = find_authority(facts);
  if (first == nullptr) return {};
  std::vector<const Certificate*> all = {first};
  for (const Certificate& another : facts.more_authorities()) all.push_back(&another);
  return all;
}

std::vector<std::string> authority_names(const NodeFacts& facts) {
  std::vector<std::string> names;
  for (const Certificate* authority : authorities_of(facts)) names.push_back(authority->subject());
  return names;
}

bool can_sign(const Certificate& authority) {
  return authority.present() && authority.problem().empty() && authority.key_matches();
}

std::string next_authority_of(const NodeFacts& facts) {
  return facts.has_next_authority() && facts.next_authority().key_matches() ? facts.next_authority().subject() : "";
}

std::string name_after(const std::string& common_name) {
  const std::size_t dash = common_name.rfind('-');
  const std::string end = dash == std::string::npos ? "" : common_name.substr(dash + 1);
  const bool is_number = !end.empty() && end.size() < 9 &&
                         std::all_of(end.begin(), end.end(), [](char digit) { return digit >= '0' && digit <= '9'; });
  if (!is_number) return common_name + "-2";
  return common_name.substr(0, dash + 1) + std::to_string(std::stoi(end) + 1);
}

}  // namespace quorate
