// SPDX-License-Identifier: Apache-2.0
#include "engine/cli/transfer_progress.h"

#include <iostream>

#include <unistd.h>

#include "plans/bytes_text.h"

namespace quorate::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds show_every(200);

}  // namespace

TransferLine::TransferLine() : terminal_(::isatty(STDERR_FILENO) != 0) {}

double TransferLine::seconds() const { return std::chrono::duration<double>(steady_clock::now() - began_).count(); }

void TransferLine::show(std::uint64_t bytes, std::uint64_t remaining) {
  const auto now = steady_clock::now();
  if (!terminal_ || now - shown_ < show_every) return;
  shown_ = now;
  const double rate = static_cast<double>(bytes) / std::max(seconds(), 0.001);
  std::cerr << "\r\033[K" << text_of_bytes(bytes) << " of " << text_of_bytes(bytes + remaining) << ", "
            << text_of_bytes(static_cast<std::uint64_t>(rate)) << "/s" << std::flush;
}

void TransferLine::clear() const {
  if (terminal_) std::cerr << "\r\033[K" << std::flush;
}

}  // namespace quorate::cli
