// SPDX-License-Identifier: Apache-2.0
#include "providers/local/program.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "providers/local/deadline.h"
#include "providers/local/descriptor.h"

namespace quorate::local {
namespace {

struct Pipe {
  Descriptor reader;
  Descriptor writer;
};

std::string error_text(int number) { return std::generic_category().message(number); }

absl::StatusOr<Pipe> make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return internal("pipe: " + error_text(errno));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// What a child gets for its own.
struct Surroundings {
  int output = -1;
  int error_output = -1;
  std::string directory = {};  ///< empty: this process's
};

int spawn(const std::vector<std::string>& arguments, const Surroundings& surroundings, pid_t& child) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, surroundings.output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, surroundings.error_output, STDERR_FILENO);
  if (!surroundings.directory.empty()) posix_spawn_file_actions_addchdir_np(&actions, surroundings.directory.c_str());
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

absl::Status could_not_start(const std::string& program, int error) {
  if (error == ENOENT) return not_found("there is no " + program);
  return unavailable("starting " + program + ": " + error_text(error));
}

// False: the deadline has passed.
bool read_all(Pipe& output, Pipe& error_output, std::string& text, std::string& error_words,
              std::chrono::steady_clock::time_point deadline) {
  std::array<std::pair<Descriptor*, std::string*>, 2> sources{{{&output.reader, &text}, {&error_output.reader, &error_words}}};
  while (output.reader.valid() || error_output.reader.valid()) {
    std::array<pollfd, 2> waiting{{{output.reader.get(), POLLIN, 0}, {error_output.reader.get(), POLLIN, 0}}};
    const int ready = poll(waiting.data(), waiting.size(), poll_timeout(deadline));
    if (ready == 0 && std::chrono::steady_clock::now() >= deadline) return false;
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

absl::StatusOr<std::string> output_of(const std::vector<std::string>& arguments, std::chrono::steady_clock::time_point deadline) {
  auto output = make_pipe();
  auto error_output = make_pipe();
  if (!output.ok()) return output.status();
  if (!error_output.ok()) return error_output.status();
  pid_t child = 0;
  const int error = spawn(arguments, {.output = output->writer.get(), .error_output = error_output->writer.get()}, child);
  if (error != 0) return could_not_start(arguments[0], error);
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

absl::StatusOr<std::unique_ptr<Background>> Background::start(const std::vector<std::string>& arguments,
                                                              const std::string& directory, const std::string& output_file) {
  const Descriptor output(open(output_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!output.valid()) return unavailable(output_file + ": " + error_text(errno));
  pid_t child = 0;
  const int error = spawn(arguments, {.output = output.get(), .error_output = output.get(), .directory = directory}, child);
  if (error != 0) return could_not_start(arguments[0], error);
  return std::unique_ptr<Background>(new Background(child));
}

bool Background::runs() {
  if (!ended_) ended_ = waitpid(process_, nullptr, WNOHANG) == process_;
  return !ended_;
}

Background::~Background() {
  using std::chrono::steady_clock;
  if (!runs()) return;
  kill(-process_, SIGTERM);
  const auto patience = steady_clock::now() + std::chrono::seconds(5);
  while (runs() && steady_clock::now() < patience) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  if (!runs()) return;
  kill(-process_, SIGKILL);
  wait_for(process_);
}

}  // namespace quorate::local
