// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/signals.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "engine/cli/exit_code.h"

namespace quorate::cli {
namespace {

// Signals are the process's, so what they set is too.
std::atomic<bool> running = false;
std::atomic<int> received = 0;
std::string last_words;  // written while `running` is not set

// Leaving must not wait for whoever reads, or does not: a terminal that is stopped, a pipe that is full.
void print_unless_it_blocks(const std::string& text) {
  pollfd standard_error{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&standard_error, 1, 0) == 1) static_cast<void>(::write(STDERR_FILENO, text.data(), text.size()) > 0);
}

[[noreturn]] void await_signals(sigset_t signals) {
  while (true) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (!running) ::_exit(128 + signal);
    if (++received > 1) {
      print_unless_it_blocks(last_words);
      ::_exit(ExitCode::stopped);
    }
    print_unless_it_blocks("\nStopping after the step in hand, or what undoes it; once more to leave at once.\n");
  }
}

}  // namespace

SignalStop::SignalStop() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  std::thread(await_signals, signals).detach();
}

bool SignalStop::stop_requested() const { return received > 0; }

void SignalStop::begin_run(std::string text) {
  if (running) return;
  last_words = std::move(text);
  running = true;
}

void SignalStop::end_run() { running = false; }

}  // namespace quorate::cli
