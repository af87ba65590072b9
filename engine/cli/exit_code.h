// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace quorate::cli {

/// As Terraform's, and two more.
enum ExitCode : int {
  ok = 0,  ///< done, or nothing to do
  error = 1,
  pending = 2,  ///< changes pending or findings, with --detailed-exitcode
  refused = 3,  ///< refused as unsafe
  stopped = 4,  ///< stopped half-way, or by Ctrl-C between two steps
};

}  // namespace quorate::cli
