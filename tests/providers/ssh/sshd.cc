// SPDX-License-Identifier: Apache-2.0
#include "tests/providers/ssh/sshd.h"

#include <fstream>
#include <random>
#include <sstream>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "providers/local/descriptor.h"
#include "providers/local/program.h"
#include "providers/ssh/socket.h"

namespace quorate::ssh::test {
namespace {

std::string user_name() {
  const passwd* entry = getpwuid(getuid());
  return entry == nullptr ? "root" : entry->pw_name;
}

}  // namespace

std::string Directory::put(const std::string& name, const std::string& content, unsigned mode) const {
  std::ofstream(path(name)) << content;
  chmod(path(name).c_str(), mode);
  return path(name);
}

std::string run_locally(const std::vector<std::string>& arguments) {
  const auto output = local::output_of(arguments, in(std::chrono::seconds(60)));
  INFO(arguments[0] << ": " << message_of(output.status()));
  REQUIRE(output.ok());
  return *output;
}

Sshd::Sshd(const std::string& options) : port_(free_port()) {
  for (const char* name : {"host_ed25519", "identity", "stranger"}) {
    run_locally({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", directory_.path(name)});
  }
  run_locally({"ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", directory_.path("host_ecdsa")});
  std::string known;
  for (const char* type : {"ed25519", "ecdsa"}) known += known_host(type);
  directory_.put("known_hosts", known);
  directory_.put("sshd_config", options + "\nListenAddress 127.0.0.1\nPort " + std::to_string(port_) + "\nHostKey " +
                                    directory_.path("host_ed25519") + "\nHostKey " + directory_.path("host_ecdsa") +
                                    "\nAuthorizedKeysFile " + directory_.path("identity.pub") +
                                    "\nPidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"
                                    "KbdInteractiveAuthentication no\nMaxStartups 100\nMaxSessions 100\n");
  start();
}

void Sshd::start() {
  // Where sshd was never started by the system, its empty directory is missing.
  mkdir("/run/sshd", 0755);
  const std::string configuration = directory_.path("sshd_config");
  const std::string log = directory_.path("log");
  process_ = fork();
  REQUIRE(process_ >= 0);
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(output, STDERR_FILENO);
    execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-e", "-f", configuration.c_str(), nullptr);
    _exit(127);
  }
  for (int attempt = 0; attempt < 500; ++attempt) {
    if (connect_tcp("127.0.0.1", port_, AddressFamily::any, in(std::chrono::seconds(1))).ok()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  FAIL("sshd does not listen: " << read_file(log));
}

Sshd::~Sshd() {
  if (process_ <= 0) return;
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
}

void Sshd::signal_sessions(int number) const {
  std::stringstream children(run_locally({"pgrep", "-P", std::to_string(process_)}));
  for (int child = 0; children >> child;) kill(child, number);
}

Target Sshd::target() const {
  Target target;
  target.name = "node1";
  target.host = "127.0.0.1";
  target.user = user_name();
  target.port = port_;
  target.identity_files = {directory_.path("identity")};
  target.known_hosts_file = directory_.path("known_hosts");
  return target;
}

std::string Sshd::known_host(const std::string& key_type) const {
  return "[127.0.0.1]:" + std::to_string(port_) + " " + read_file(directory_.path("host_" + key_type + ".pub"));
}

Surroundings Sshd::surroundings(const std::string& configuration) const {
  const std::string file = directory_.put("ssh_config", configuration);
  return {directory_.put("ssh", "#!/bin/sh\nexec ssh -F '" + file + "' \"$@\"\n", 0755)};
}

std::unique_ptr<Session> Sshd::connect(const Target& target) const {
  auto result = ssh::connect(target, in(std::chrono::seconds(20)), surroundings());
  INFO(result.state.detail());
  INFO(read_file(directory_.path("log")));
  REQUIRE(result.session != nullptr);
  CHECK(result.state.state() == SshState::REACHABLE);
  return std::move(result.session);
}

int server_process(Session& session) {
  const auto parent = session.run(command({"sh", "-c", "echo $PPID"}), in(std::chrono::seconds(20)));
  REQUIRE(parent.ok());
  return std::stoi(parent->output);
}

Command command(std::vector<std::string> arguments, std::string input) {
  Command made;
  made.arguments = std::move(arguments);
  made.input = std::move(input);
  return made;
}

std::string noise(std::size_t size, unsigned seed) {
  std::minstd_rand generator(seed);
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(generator() & 0xFFU);
  return bytes;
}

std::uint16_t free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(bind(socket.get(), generic, size) == 0);
  REQUIRE(getsockname(socket.get(), generic, &size) == 0);
  return ntohs(address.sin_port);
}

}  // namespace quorate::ssh::test
