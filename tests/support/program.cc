// SPDX-License-Identifier: Apache-2.0
#include "tests/support/program.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace quorate::test {
namespace {

// The arguments are made before the fork: after it only async-signal-safe calls are allowed.
int start(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int parent = getpid();
  const int pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvp(words[0], words.data());
    _exit(127);
  }
  close(output);
  return pid;
}

int wait_for(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "quorate-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
  chmod(path.c_str(), 0600);
  return path.string();
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string run(const std::vector<std::string>& arguments) {
  const TemporaryDirectory directory;
  const std::filesystem::path log = directory.path() / "output";
  const int status = wait_for(start(arguments, log));
  if (status != 0) throw std::runtime_error(arguments[0] + " failed: " + read_file(log));
  return read_file(log);
}

Process::Process(const std::vector<std::string>& arguments, const std::filesystem::path& log) : pid_(start(arguments, log)) {}

void Process::freeze() const { kill(pid_, SIGSTOP); }

void Process::thaw() const { kill(pid_, SIGCONT); }

Process::~Process() {
  kill(pid_, SIGKILL);
  wait_for(pid_);
}

}  // namespace quorate::test
