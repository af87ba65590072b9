// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/program.h"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "providers/ssh/deadline.h"
#include "providers/ssh/descriptor.h"
#include "providers/ssh/socket.h"

namespace quorate::ssh {
namespace {

struct Pipe {
  Descriptor reader;
  Descriptor writer;
};

absl::StatusOr<Pipe> make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return internal("pipe: " + error_text(errno));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

int spawn(const std::vector<std::string>& arguments, int output, int error_output, pid_t& child) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error_output, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // Our signals are blocked before the first thread, and a mask is inherited.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  const int error = posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// False: the deadline has passed.
bool read_all(Pipe& output, Pipe& error_output, std::string& text, std::string& error_text, Deadline deadline) {
  std::array<std::pair<Descriptor*, std::string*>, 2> sources{{{&output.reader, &text}, {&error_output.reader, &error_text}}};
  while (output.reader.valid() || error_output.reader.valid()) {
    std::array<pollfd, 2> waiting{{{output.reader.get(), POLLIN, 0}, {error_output.reader.get(), POLLIN, 0}}};
    const int ready = poll(waiting.data(), waiting.size(), poll_timeout(deadline));
    if (ready == 0 && Clock::now() >= deadline) return false;
    for (std::size_t index = 0; ready > 0 && index < sources.size(); ++index) {
      if (waiting[index].revents == 0) continue;
      std::array<char, 4096> chunk;
      const ssize_t size = read(sources[index].first->get(), chunk.data(), chunk.size());
      if (size > 0) {
        sources[index].second->append(chunk.data(), static_cast<std::size_t>(size));
      } else {
        sources[index].first->reset();
      }
    }
  }
  return true;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

absl::StatusOr<std::string> output_of(const std::vector<std::string>& arguments, Deadline deadline) {
  auto output = make_pipe();
  auto error_output = make_pipe();
  if (!output.ok()) return output.status();
  if (!error_output.ok()) return error_output.status();
  pid_t child = 0;
  const int error = spawn(arguments, output->writer.get(), error_output->writer.get(), child);
  if (error == ENOENT) return not_found("there is no " + arguments[0]);
  if (error != 0) return unavailable("starting " + arguments[0] + ": " + error_text(error));
  output->writer.reset();
  error_output->writer.reset();
  std::string text;
  std::string error_words;
  const bool ended = read_all(*output, *error_output, text, error_words, deadline);
  if (!ended) kill(-child, SIGKILL);
  const int status = wait_for(child);
  if (!ended) return timed_out(arguments[0] + " has not ended in time");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    while (!error_words.empty() && (error_words.back() == '\n' || error_words.back() == '\r')) error_words.pop_back();
    return invalid(arguments[0] + " failed: " + error_words);
  }
  return text;
}

}  // namespace quorate::ssh
