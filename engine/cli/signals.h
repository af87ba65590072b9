// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/execute.h"

namespace quorate::cli {

/// Blocks SIGINT, SIGTERM and SIGHUP before any other thread exists, and awaits them in one: the first asks the run to stop after
/// the operation in hand, the second leaves at once with exit code 4.
class SignalStop : public StopRequest {
 public:
  SignalStop();
  [[nodiscard]] bool stop_requested() const override;

  /// From here on a first signal only asks; before, nothing runs that must be finished, and it ends the process as usual.
  static void begin_run();
};

}  // namespace quorate::cli
