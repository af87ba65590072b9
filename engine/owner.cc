// SPDX-License-Identifier: Apache-2.0
#include "engine/owner.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include <pwd.h>
#include <unistd.h>

#include "plans/lookup.h"

namespace quorate {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Field 22 of /proc/PID/stat, behind the command's name, which may hold spaces and brackets (proc(5)). Empty: no such process.
std::string start_time(const std::string& process) {
  const std::string stat = first_line("/proc/" + process + "/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return "";
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  return field;
}

std::string this_boot() { return first_line("/etc/machine-id") + ":" + first_line("/proc/sys/kernel/random/boot_id"); }

}  // namespace

std::string owner_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const passwd* user = ::getpwuid(::getuid());
  return (user == nullptr ? std::to_string(::getuid()) : std::string(user->pw_name)) + "@" + host.data();
}

std::string owner_machine() {
  const std::string process = std::to_string(::getpid());
  return this_boot() + ":" + process + ":" + start_time(process);
}

std::string lease_suffix() {
  std::random_device random;
  std::ostringstream text;
  text << std::hex << (0x10000000U | (random() & 0x0fffffffU));
  return text.str();
}

bool owner_has_died(const std::string& machine) {
  const std::string boot = this_boot() + ":";
  if (machine.rfind(boot, 0) != 0) return false;
  const std::vector<std::string> parts = split(machine.substr(boot.size()), ':');
  return parts.size() == 2 && start_time(parts[0]) != parts[1];
}

}  // namespace quorate
