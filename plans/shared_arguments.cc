// SPDX-License-Identifier: Apache-2.0
#include "plans/shared_arguments.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "schemas/static_pod_arguments.h"

namespace quorate {
namespace {

// --force-new-cluster is nobody's to share.
constexpr std::array<std::string_view, 4> own_flags = {"name", "data-dir", "wal-dir", "force-new-cluster"};
constexpr std::array<std::string_view, 2> own_beginnings = {"initial-cluster", "initial-advertise"};
constexpr std::array<std::string_view, 5> own_endings = {"-urls", "cert-file", "key-file", "ca-file", "crl-file"};

bool is_own(std::string_view flag) {
  return std::any_of(own_flags.begin(), own_flags.end(), [&](std::string_view own) { return flag == own; }) ||
         std::any_of(own_beginnings.begin(), own_beginnings.end(), [&](std::string_view own) { return flag.starts_with(own); }) ||
         std::any_of(own_endings.begin(), own_endings.end(), [&](std::string_view own) { return flag.ends_with(own); });
}

}  // namespace

std::map<std::string, std::string> arguments_of(const std::vector<std::string>& command) {
  std::map<std::string, std::string> arguments;
  for (const FlagArgument& argument : flag_arguments(command)) arguments[argument.flag] = argument.value.value_or("true");
  return arguments;
}

std::map<std::string, std::string> other_arguments(const std::map<std::string, std::string>& wanted, const StaticPod& pod) {
  std::map<std::string, std::string> others;
  for (const auto& [flag, value] : wanted) {
    if (pod.argument(flag) != value) others[flag] = value;
  }
  return others;
}

std::string flags_text(const std::map<std::string, std::string>& flags) {
  std::string text;
  for (const auto& [flag, value] : flags) text += (text.empty() ? "--" : " --") + flag + "=" + value;
  return text;
}

std::map<std::string, std::string> shared_arguments(const StaticPod& pod) {
  std::map<std::string, std::string> shared = arguments_of(pod.command);
  std::erase_if(shared, [](const auto& argument) { return is_own(argument.first); });
  return shared;
}

}  // namespace quorate
