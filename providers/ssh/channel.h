// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <libssh/callbacks.h>

#include "providers/ssh/handle.h"
#include "providers/ssh/loop.h"

namespace quorate::ssh {

/// A port as the other end sees it.
struct Destination {
  std::string host;
  std::uint16_t port = 0;
};

enum class Progress { pending, done, refused };

/// One libssh channel, with what is known of its traps. The loop's thread alone calls it, and has it closed or
/// abandoned before it is destroyed.
class Channel {
 public:
  /// A channel for a command, or, with a destination, for a connection.
  explicit Channel(ssh_session session, std::optional<Destination> destination = std::nullopt);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  /// To be called again while it is pending.
  Progress open();
  Progress execute(const std::string& line);
  /// Whether the opening was refused by policy, as `DisableForwarding yes` does.
  [[nodiscard]] bool prohibited() const { return prohibited_; }
  /// Why the other end refused.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  /// Bytes into the scratch space: 0, none are there now; below 0, none will ever be.
  std::ptrdiff_t read(Turn& turn, bool error_output);
  /// How many bytes were taken; the rest must be kept for later. Below 0: none will ever be.
  std::ptrdiff_t write(const char* bytes, std::size_t size);
  void end_input();
  /// The other end has ended its output, and all of it was read.
  [[nodiscard]] bool at_end() const;
  [[nodiscard]] bool closed() const;
  /// 128 + N for a signal; none while it is not known.
  [[nodiscard]] std::optional<int> exit_status() const { return exit_status_; }

  /// Lets the channel go. False: not yet, since it is still being opened; call again.
  bool close();
  /// The connection is gone: frees the channel without a word.
  void abandon();

 private:
  static void on_exit_status(ssh_session session, ssh_channel channel, int status, void* self);
  static void on_exit_signal(ssh_session session, ssh_channel channel, const char* signal, int core, const char* message,
                             const char* language, void* self);

  ssh_session session_;
  ssh_channel channel_;
  std::optional<Destination> destination_;
  ssh_channel_callbacks_struct callbacks_{};
  Progress opening_ = Progress::pending;
  bool prohibited_ = false;
  std::string refusal_;
  std::size_t unannounced_ = window_bytes;
  std::optional<int> exit_status_;
};

}  // namespace quorate::ssh
