// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/execute.h"

namespace quorate::cli {

/// Blocks SIGINT, SIGTERM and SIGHUP before any other thread exists, and awaits them in one: the first asks the run to stop after
/// the step in hand, the second leaves at once with exit code 4.
class SignalStop : public StopRequest {
 public:
  SignalStop();
  [[nodiscard]] bool stop_requested() const override;

  /// From here on a first signal only asks; before, nothing runs that must be finished, and it ends the process as usual. A second
  /// one prints `last_words`, of less than 4 KiB: how to go on.
  static void begin_run(std::string last_words);
  /// What was begun is finished, and a signal ends the process as usual again.
  static void end_run();
};

}  // namespace quorate::cli
