// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "providers/local/descriptor.h"
#include "providers/ssh/channel.h"
#include "providers/ssh/loop.h"
#include "providers/ssh/session.h"

namespace quorate::ssh {

/// One command on its channel: a caller waits for it while the loop drives it.
class Execution final : public Activity {
 public:
  /// `more_input` follows the input, read to its end; a closed one: nothing follows. The command's arguments and its file of input
  /// are in the line and `more_input` already.
  Execution(std::string line, const Command& command, Descriptor more_input);

  /// Called by the caller's thread. Without an end by the deadline the command is given up, and its channel is closed.
  absl::StatusOr<CommandResult> wait(Deadline deadline, Loop& loop);

  bool advance(Turn& turn) override;
  void add_descriptors(std::vector<pollfd>& descriptors) const override;
  [[nodiscard]] bool finished() const override { return stage_ == Stage::finished; }
  void lose(const std::string& reason) override;

 private:
  enum class Stage { opening, requesting, running, closing, finished };

  bool advance_opening(Turn& turn);
  bool advance_requesting();
  bool advance_running(Turn& turn);
  bool send_input();
  bool refill_input();
  bool receive_output(Turn& turn);
  absl::Status give_to_sink(std::string_view bytes);
  bool receive_errors(Turn& turn);
  bool given_up();
  void settle(absl::StatusOr<CommandResult> result);

  const std::string line_;
  std::string input_;
  Descriptor more_input_;
  const OutputSink output_to_;
  const std::size_t output_limit_;
  Stage stage_ = Stage::opening;
  std::optional<Channel> channel_;
  std::size_t sent_ = 0;
  bool input_ended_ = false;
  CommandResult received_;

  std::mutex mutex_;
  std::condition_variable settled_;
  bool given_up_ = false;                                // guarded by mutex_
  std::optional<absl::StatusOr<CommandResult>> result_;  // guarded by mutex_
};

}  // namespace quorate::ssh
