// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/signals.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <unistd.h>

#include "engine/cli/exit_code.h"

namespace quorate::cli {
namespace {

// Signals are the process's, so what they set is too.
std::atomic<bool> running = false;
std::atomic<int> received = 0;

[[noreturn]] void await_signals(sigset_t signals) {
  while (true) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (!running) ::_exit(128 + signal);
    if (++received > 1) ::_exit(ExitCode::stopped);
    constexpr char text[] = "\nStopping after the operation in hand; once more to leave at once.\n";
    static_cast<void>(!::write(STDERR_FILENO, text, sizeof(text) - 1));
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

void SignalStop::begin_run() { running = true; }

}  // namespace quorate::cli
