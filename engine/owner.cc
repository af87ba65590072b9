// SPDX-License-Identifier: Apache-2.0
#include "engine/owner.h"

#include <array>
#include <cerrno>
#include <csignal>
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

// Two containers on one machine have its boot_id, and often one machine-id, but not each other's processes.
std::string this_boot() {
  const std::string machine = first_line("/etc/machine-id");
  if (machine.empty()) return "";
  std::array<char, 64> processes{};
  if (::readlink("/proc/self/ns/pid", processes.data(), processes.size() - 1) <= 0) return "";
  return machine + "/" + first_line("/proc/sys/kernel/random/boot_id") + "/" + processes.data();
}

// What cannot be read is another user's, and lives.
bool is_gone(const std::string& process, const std::string& started) {
  const std::string now = start_time(process);
  if (!now.empty()) return now != started;
  const auto number = static_cast<pid_t>(std::strtol(process.c_str(), nullptr, 10));
  return number > 0 && ::kill(number, 0) != 0 && errno == ESRCH;
}

}  // namespace

std::string owner_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const passwd* user = ::getpwuid(::getuid());
  return (user == nullptr ? std::to_string(::getuid()) : std::string(user->pw_name)) + "@" + host.data();
}

std::string owner_machine() {
  const std::string process = std::to_string(::getpid());
  return this_boot() + "|" + process + "|" + start_time(process);
}

std::string lease_suffix() {
  std::random_device random;
  std::ostringstream text;
  text << std::hex << (0x10000000U | (random() & 0x0fffffffU));
  return text.str();
}

bool owner_has_died(const std::string& machine) {
  const std::string boot = this_boot();
  const std::vector<std::string> parts = split(machine, '|');
  return !boot.empty() && parts.size() == 3 && parts[0] == boot && is_gone(parts[1], parts[2]);
}

}  // namespace quorate
