// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/execution.h"

#include <utility>

#include <unistd.h>

#include "providers/ssh/deadline.h"

namespace quorate::ssh {
namespace {

// Enough for several packets a turn; the window of the channel is not much larger.
constexpr std::size_t input_part = 256UL << 10U;

}  // namespace

Execution::Execution(std::string line, const Command& command, Descriptor more_input)
    : line_(std::move(line)),
      input_(command.input),
      more_input_(std::move(more_input)),
      output_to_(command.output_to),
      output_limit_(command.output_limit) {}

absl::StatusOr<CommandResult> Execution::wait(Deadline deadline, Loop& loop) {
  std::unique_lock lock(mutex_);
  if (settled_.wait_until(lock, bounded(deadline), [this] { return result_.has_value(); })) {
    return std::move(*result_);
  }
  given_up_ = true;
  lock.unlock();
  loop.wake();
  return timed_out("the command has not ended in time");
}

bool Execution::given_up() {
  const std::lock_guard lock(mutex_);
  return given_up_;
}

void Execution::settle(absl::StatusOr<CommandResult> result) {
  const std::lock_guard lock(mutex_);
  if (!result_) result_ = std::move(result);
  settled_.notify_all();
}

void Execution::add_descriptors(std::vector<pollfd>& /*descriptors*/) const {}

bool Execution::advance(Turn& turn) {
  if (stage_ != Stage::finished && given_up()) stage_ = Stage::closing;
  switch (stage_) {
    case Stage::opening: return advance_opening(turn);
    case Stage::requesting: return advance_requesting();
    case Stage::running: return advance_running(turn);
    case Stage::closing:
      if (!channel_ || channel_->close()) stage_ = Stage::finished;
      return finished();
    case Stage::finished: return false;
  }
  return false;
}

bool Execution::advance_opening(Turn& turn) {
  if (!channel_) channel_.emplace(turn.session);
  const Progress progress = channel_->open();
  if (progress == Progress::pending) return false;
  stage_ = Stage::requesting;
  if (progress == Progress::refused) {
    settle(unavailable("sshd opens no channel for a command (MaxSessions?): " + channel_->refusal()));
    stage_ = Stage::closing;
  }
  return true;
}

bool Execution::advance_requesting() {
  const Progress progress = channel_->execute(line_);
  if (progress == Progress::pending) return false;
  stage_ = Stage::running;
  if (progress == Progress::refused) {
    settle(unavailable("sshd runs no command: " + channel_->refusal()));
    stage_ = Stage::closing;
  }
  return true;
}

// Known weakness: a disk that hangs holds up the session's other channels for as long. False: nothing more comes. A file that
// cannot be read any further ends the input short, which is for the command to notice.
bool Execution::refill_input() {
  if (!more_input_.valid()) return false;
  input_.resize(input_part);
  const ssize_t count = ::read(more_input_.get(), input_.data(), input_.size());
  input_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  sent_ = 0;
  if (count <= 0) more_input_.reset();
  return count > 0;
}

bool Execution::send_input() {
  if (input_ended_) return false;
  if (sent_ < input_.size()) {
    const std::ptrdiff_t sent = channel_->write(input_.data() + sent_, input_.size() - sent_);
    if (sent < 0) {
      // It went without reading all its input: its exit status says whether that was well.
      input_ended_ = true;
      return false;
    }
    sent_ += static_cast<std::size_t>(sent);
    if (sent_ < input_.size()) return sent > 0;
  }
  if (refill_input()) return true;
  channel_->end_input();
  input_ended_ = true;
  return true;
}

// Known weakness: a sink that waits holds up the session's other channels, as a file of input does.
bool Execution::receive_output(Turn& turn) {
  const std::ptrdiff_t received = channel_->read(turn, false);
  if (received <= 0) return false;
  const std::string_view bytes(turn.scratch, static_cast<std::size_t>(received));
  if (!output_to_) {
    received_.output.append(bytes);
    return true;
  }
  if (absl::Status taken = give_to_sink(bytes); !taken.ok()) {
    settle(taken);
    stage_ = Stage::closing;
  }
  return true;
}

// The sink is of who waits, and may be gone with him.
absl::Status Execution::give_to_sink(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  return given_up_ ? cancelled("nobody waits for it any more") : output_to_(bytes);
}

bool Execution::receive_errors(Turn& turn) {
  const std::ptrdiff_t received = channel_->read(turn, true);
  if (received <= 0) return false;
  received_.error_output.append(turn.scratch, static_cast<std::size_t>(received));
  return true;
}

bool Execution::advance_running(Turn& turn) {
  bool moved = send_input();
  moved = receive_output(turn) || moved;
  if (stage_ != Stage::running) return true;
  moved = receive_errors(turn) || moved;
  if (received_.output.size() > output_limit_ || received_.error_output.size() > output_limit_) {
    settle(precondition("the command wrote more than " + std::to_string(output_limit_) + " bytes"));
    stage_ = Stage::closing;
    return true;
  }
  // sshd sends the exit status before or after the end of the output.
  if (channel_->at_end() && (channel_->exit_status() || channel_->closed())) {
    if (channel_->exit_status()) {
      received_.exit_status = *channel_->exit_status();
      settle(std::move(received_));
    } else {
      settle(unavailable("the command's channel broke off before its exit status"));
    }
    stage_ = Stage::closing;
    return true;
  }
  return moved;
}

void Execution::lose(const std::string& reason) {
  if (channel_) channel_->abandon();
  stage_ = Stage::finished;
  settle(unavailable(reason));
}

}  // namespace quorate::ssh
