// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include <pwd.h>
#include <unistd.h>

#include "providers/local/program.h"
#include "providers/ssh/handle.h"

namespace quorate::ssh {
namespace {

struct Account {
  std::string name;
  std::string home;
};

Account local_account() {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return {found->pw_name, found->pw_dir};
}

// Its own `ssh` program takes ~ from the account and not from $HOME, so what the configuration says is read so too.
std::string expand_home(const std::string& path, const std::string& home) {
  return path == "~" || path.starts_with("~/") ? home + path.substr(1) : path;
}

absl::StatusOr<std::string> expand_token(char token, const Settings& settings, const Account& account) {
  switch (token) {
    case '%': return std::string("%");
    case 'd': return account.home;
    case 'h': return settings.host;
    case 'i': return std::to_string(getuid());
    case 'k': return settings.host_key_alias.empty() ? settings.name : settings.host_key_alias;
    case 'n': return settings.name;
    case 'p': return std::to_string(settings.port);
    case 'r': return settings.user;
    case 'u': return account.name;
    default: return precondition(std::string("the token %") + token);
  }
}

absl::StatusOr<std::string> expand(const std::string& path, const Settings& settings, const Account& account) {
  const std::string from_home = expand_home(path, account.home);
  std::string expanded;
  for (std::size_t at = 0; at < from_home.size(); ++at) {
    if (from_home[at] != '%' || at + 1 == from_home.size()) {
      expanded += from_home[at];
      continue;
    }
    const auto value = expand_token(from_home[++at], settings, account);
    if (!value.ok()) return annotate(value.status(), "in the path " + path);
    expanded += *value;
  }
  return expanded;
}

absl::Status expand_all(std::vector<std::string>& paths, const Settings& settings, const Account& account) {
  for (auto& path : paths) {
    const auto expanded = expand(path, settings, account);
    if (!expanded.ok()) return expanded.status();
    path = *expanded;
  }
  return absl::OkStatus();
}

template <typename Number>
absl::StatusOr<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return invalid("not a number: " + std::string(text));
  return number;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

void append_files(const std::string& value, std::vector<std::string>& files) {
  for (auto& file : split(value, ' ')) {
    if (file != "none" && file != "/dev/null") files.push_back(std::move(file));
  }
}

std::string agent_of(const std::string& value) {
  const auto environment = [](const char* name) {
    const char* path = std::getenv(name);
    return std::string(path == nullptr ? "" : path);
  };
  if (value == "none") return "";
  if (value.empty() || value == "SSH_AUTH_SOCK") return environment("SSH_AUTH_SOCK");
  if (value.front() == '$') {
    const std::string name = value.starts_with("${") ? value.substr(2, value.size() - 3) : value.substr(1);
    return environment(name.c_str());
  }
  return value;
}

absl::Status refused(const std::string& keyword, const std::string& value) {
  return precondition("the ssh configuration says `" + keyword + " " + value + "`, which quorate cannot honour");
}

// What would be a wrong way to the host, or a weaker check of it, if it were passed over.
absl::Status check_honoured(const std::string& keyword, const std::string& value) {
  static const std::map<std::string, std::string> harmless_values{
      {"proxycommand", "none"},    {"certificatefile", "none"}, {"pkcs11provider", "none"}, {"knownhostscommand", "none"},
      {"revokedhostkeys", "none"}, {"bindaddress", "none"},     {"bindinterface", "none"},  {"securitykeyprovider", "internal"},
      {"remotecommand", "none"},   {"sessiontype", "default"},
  };
  const auto found = harmless_values.find(keyword);
  if (found != harmless_values.end() && value != found->second) return refused(keyword, value);
  // As OpenSSH writes it until 8.8, and from 8.9 on.
  if (keyword == "pubkeyauthentication" && (value == "no" || value == "false")) return refused(keyword, value);
  return absl::OkStatus();
}

absl::Status take(const std::string& keyword, const std::string& value, Settings& settings) {
  static const std::map<std::string, std::string Settings::*> texts{
      {"hostname", &Settings::host},
      {"user", &Settings::user},
      {"hostkeyalias", &Settings::host_key_alias},
      {"identityagent", &Settings::agent_socket},
      {"kexalgorithms", &Settings::key_exchanges},
      {"ciphers", &Settings::ciphers},
      {"macs", &Settings::macs},
      {"hostkeyalgorithms", &Settings::host_key_algorithms},
  };
  if (const auto found = texts.find(keyword); found != texts.end()) {
    settings.*(found->second) = value;
  } else if (keyword == "port") {
    const auto port = number_of<std::uint16_t>(value);
    if (!port.ok()) return refused(keyword, value);
    settings.port = *port;
  } else if (keyword == "addressfamily") {
    settings.family = value == "inet" ? AddressFamily::inet : value == "inet6" ? AddressFamily::inet6 : AddressFamily::any;
  } else if (keyword == "identityfile") {
    if (value != "none") settings.identity_files.push_back(value);
  } else if (keyword == "identitiesonly") {
    settings.identities_only = value == "yes";
  } else if (keyword == "userknownhostsfile" || keyword == "globalknownhostsfile") {
    append_files(value, settings.known_hosts_files);
  } else if (keyword == "proxyjump" && value != "none") {
    settings.jumps = split(value, ',');
  } else if (keyword == "connecttimeout" && value != "none") {
    const auto seconds = number_of<std::int64_t>(value);
    if (seconds.ok() && *seconds > 0) settings.connect_timeout = std::chrono::seconds(*seconds);
  }
  return absl::OkStatus();
}

absl::Status finish(Settings& settings) {
  const Account account = local_account();
  if (settings.user.empty()) settings.user = account.name;
  const absl::Status identities = expand_all(settings.identity_files, settings, account);
  if (!identities.ok()) return identities;
  const absl::Status known_hosts = expand_all(settings.known_hosts_files, settings, account);
  if (!known_hosts.ok()) return known_hosts;
  const auto agent = expand(agent_of(settings.agent_socket), settings, account);
  if (!agent.ok()) return agent.status();
  settings.agent_socket = *agent;
  return absl::OkStatus();
}

std::string option_of(ssh_session session, ssh_options_e option) {
  char* value = nullptr;
  if (ssh_options_get(session, option, &value) != SSH_OK || value == nullptr) return "";
  const std::string text = value;
  ssh_string_free_char(value);
  return text;
}

// Where there is no ssh, libssh's parser is what there is. It passes over much that `ssh -G` would name.
absl::StatusOr<Settings> settings_by_libssh(const std::string& host) {
  const SessionHandle session(ssh_new());
  if (!session) return internal("libssh makes no session");
  if (ssh_options_set(session.get(), SSH_OPTIONS_HOST, host.c_str()) != SSH_OK ||
      ssh_options_parse_config(session.get(), nullptr) != SSH_OK) {
    return invalid("reading the ssh configuration: " + error_of(session.get()));
  }
  std::string output = "hostname " + option_of(session.get(), SSH_OPTIONS_HOST) + "\n";
  const auto add = [&](const char* keyword, ssh_options_e option) {
    const std::string value = option_of(session.get(), option);
    if (!value.empty()) output += std::string(keyword) + " " + value + "\n";
  };
  add("user", SSH_OPTIONS_USER);
  add("proxycommand", SSH_OPTIONS_PROXYCOMMAND);
  add("identityfile", SSH_OPTIONS_IDENTITY);
  unsigned int port = 0;
  if (ssh_options_get_port(session.get(), &port) == SSH_OK && port != 0) output += "port " + std::to_string(port) + "\n";
  for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa"}) output += std::string("identityfile ~/.ssh/") + name + "\n";
  output += "userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2\n";
  output += "globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2\n";
  return parse_settings(host, output);
}

void outrank(const Target& target, Settings& settings) {
  const char* home = std::getenv("HOME");
  const std::string home_directory = home == nullptr ? local_account().home : home;
  if (!target.user.empty()) settings.user = target.user;
  if (target.port != 0) settings.port = static_cast<std::uint16_t>(target.port);
  if (!target.identity_files.empty()) {
    settings.identity_files.clear();
    for (const auto& file : target.identity_files) {
      settings.identity_files.push_back(expand_home(file, home_directory));
    }
    settings.identities_chosen = true;
  }
  if (!target.known_hosts_file.empty()) {
    settings.known_hosts_files = {expand_home(target.known_hosts_file, home_directory)};
  }
  if (target.proxy_jump == "none") settings.jumps.clear();
  if (!target.proxy_jump.empty() && target.proxy_jump != "none") settings.jumps = split(target.proxy_jump, ',');
}

}  // namespace

absl::StatusOr<Settings> parse_settings(const std::string& host, const std::string& output) {
  Settings settings;
  settings.name = host;
  settings.host = host;
  std::stringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) continue;
    const std::string keyword = line.substr(0, space);
    const std::string value = line.substr(space + 1);
    const absl::Status honoured = check_honoured(keyword, value);
    if (!honoured.ok()) return honoured;
    const absl::Status taken = take(keyword, value, settings);
    if (!taken.ok()) return taken;
  }
  const absl::Status finished = finish(settings);
  if (!finished.ok()) return finished;
  return settings;
}

absl::StatusOr<Settings> settings_of(const Target& target, const std::string& ssh_program, Deadline deadline) {
  if (target.host.empty()) return invalid("no host");
  // It would be an option of the program, and no host has such a name.
  if (target.host.front() == '-') return invalid("a host name cannot begin with `-`: " + target.host);
  if (target.port > 65535) return invalid("not a port: " + std::to_string(target.port));
  const auto output = local::output_of({ssh_program, "-G", target.host}, deadline);
  auto settings = output.ok()                         ? parse_settings(target.host, *output)
                  : absl::IsNotFound(output.status()) ? settings_by_libssh(target.host)
                                                      : absl::StatusOr<Settings>(output.status());
  if (settings.ok()) outrank(target, *settings);
  return settings;
}

absl::StatusOr<Target> parse_hop(const std::string& text) {
  std::string rest = text.starts_with("ssh://") ? text.substr(6) : text;
  Target hop;
  if (const std::size_t at = rest.rfind('@'); at != std::string::npos) {
    hop.user = rest.substr(0, at);
    rest = rest.substr(at + 1);
  }
  std::string port;
  if (const std::size_t bracket = rest.find(']'); rest.starts_with("[") && bracket != std::string::npos) {
    hop.host = rest.substr(1, bracket - 1);
    port = rest.substr(bracket + 1);
  } else if (const std::size_t colon = rest.find(':'); colon != std::string::npos && colon == rest.rfind(':')) {
    hop.host = rest.substr(0, colon);
    port = rest.substr(colon);
  } else {
    hop.host = rest;
  }
  if (!port.empty()) {
    const auto number = number_of<std::uint16_t>(std::string_view(port).substr(1));
    if (port.front() != ':' || !number.ok()) return invalid("not a jump host: " + text);
    hop.port = *number;
  }
  if (hop.host.empty() || hop.host.front() == '-') return invalid("not a jump host: " + text);
  return hop;
}

}  // namespace quorate::ssh
