// SPDX-License-Identifier: Apache-2.0
#include "tests/support/local_session.h"

#include <thread>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace quorate::test {
namespace {

// Programs are found by symbolic links in /etc, so that is laid over and not replaced.
constexpr const char* enter = R"sh(
root=$1
shift
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$root/etc,workdir=$root/work" /etc &&
  mount --bind "$root/var-lib" /var/lib && mount --bind "$root/var-log" /var/log &&
  mount --bind "$root/run" /run && mount --bind "$root/bin" /usr/local/bin || { echo 'no mount namespace' >&2; exit 126; }
exec "$@"
)sh";

int open_file(const std::filesystem::path& path, int flags) { return open(path.c_str(), flags | O_CLOEXEC, 0600); }

// In a process group of its own, so that a deadline ends the children too.
pid_t start(const std::vector<std::string>& arguments, const std::filesystem::path& directory) {
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const int input = open_file(directory / "input", O_RDONLY);
  const int output = open_file(directory / "output", O_WRONLY | O_CREAT);
  const int error_output = open_file(directory / "error", O_WRONLY | O_CREAT);
  const pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(error_output, STDERR_FILENO);
    execvp(words[0], words.data());
    _exit(127);
  }
  close(input);
  close(output);
  close(error_output);
  return pid;
}

}  // namespace

LocalSession::LocalSession() {
  for (const char* name : {"etc", "work", "var-lib", "var-log", "run", "bin"}) {
    std::filesystem::create_directory(root_.path() / name);
  }
}

std::filesystem::path LocalSession::place(const std::string& path) const {
  const std::pair<const char*, const char*> places[] = {
      {"/etc/", "etc"}, {"/var/lib/", "var-lib"}, {"/var/log/", "var-log"}, {"/run/", "run"}, {"/usr/local/bin/", "bin"}};
  for (const auto& [prefix, folder] : places) {
    if (path.rfind(prefix, 0) == 0) return root_.path() / folder / path.substr(std::string(prefix).size());
  }
  return path;
}

absl::StatusOr<ssh::CommandResult> LocalSession::run(const ssh::Command& command, ssh::Deadline deadline) {
  const TemporaryDirectory files;
  if (!command.input_file.empty() && !std::filesystem::exists(command.input_file)) return not_found(command.input_file);
  write_file(files.path() / "input", command.input + (command.input_file.empty() ? "" : read_file(command.input_file)));
  std::vector<std::string> arguments{"unshare", "-m"};
  if (geteuid() != 0) arguments = {"unshare", "-r", "-m"};
  arguments.insert(arguments.end(), {"sh", "-c", enter, "sh", root_.path().string()});
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  const pid_t pid = start(arguments, files.path());
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (ssh::Clock::now() > deadline) {
      kill(-pid, SIGKILL);
      waitpid(pid, &status, 0);
      return timed_out("no end by the deadline");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ssh::CommandResult result;
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.output = read_file(files.path() / "output");
  if (command.output_to) {
    const std::string taken = std::exchange(result.output, {});
    if (absl::Status sink = taken.empty() ? absl::OkStatus() : command.output_to(taken); !sink.ok()) return sink;
  }
  result.error_output = read_file(files.path() / "error");
  return result;
}

absl::StatusOr<std::unique_ptr<ssh::Forward>> LocalSession::forward(const std::string& host, std::uint16_t port) {
  return unavailable("no way to " + host + ":" + std::to_string(port));
}

}  // namespace quorate::test
