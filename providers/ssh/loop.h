// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>

#include <libssh/callbacks.h>

#include "providers/local/descriptor.h"
#include "providers/ssh/handle.h"
#include "providers/ssh/session.h"

namespace quorate::ssh {

/// What a channel may receive before it is read: so much is announced to the other end, or a long way is a slow one. It is
/// OpenSSH's own. Each MiB of it costs a stream of etcd's some ten: libssh, the tunnel and gRPC, which grows its own window by what
/// it finds under way, hold it several times. Twice as much is a third faster over 100 ms there and back, and a save then peaks at
/// 64 MiB.
inline constexpr std::size_t window_bytes = 2UL << 20U;

/// What the loop lends to an activity while that advances.
struct Turn {
  ssh_session session;
  char* scratch;  ///< of window_bytes
};

/// Something that the loop drives: a command, a connection through a forward, a listener. Everything here is called by
/// the loop's thread alone.
class Activity {
 public:
  virtual ~Activity() = default;
  /// Does what can be done without waiting. True: something moved, ask again before sleeping.
  virtual bool advance(Turn& turn) = 0;
  /// Adds the descriptors that shall end the loop's sleep.
  virtual void add_descriptors(std::vector<pollfd>& descriptors) const = 0;
  [[nodiscard]] virtual bool finished() const = 0;
  /// The connection is gone: no call to libssh but to free what is held.
  virtual void lose(const std::string& reason) = 0;
};

/// The thread that owns a session after login.
class Loop {
 public:
  explicit Loop(SessionHandle session);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  /// Hands an activity over; it is lost at once where the connection is gone.
  void start(std::shared_ptr<Activity> activity);
  /// Ends the loop's sleep, so that it sees what was changed in an activity.
  void wake();
  [[nodiscard]] bool alive() const { return alive_; }

 private:
  void drive();
  bool take_started();
  void sleep(bool moved);
  bool pump();
  bool advance_all();
  void keep_alive();
  void end(const std::string& reason);

  SessionHandle session_;
  ssh_event event_ = nullptr;
  ssh_counter_struct counter_{};
  Descriptor wake_up_;
  std::atomic<bool> alive_ = true;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Activity>> started_;  // guarded by mutex_
  std::string gone_;                                // guarded by mutex_; why the connection is
  std::vector<std::shared_ptr<Activity>> activities_;
  std::unique_ptr<char[]> scratch_;
  std::vector<pollfd> descriptors_;
  std::uint64_t heard_bytes_ = 0;
  Clock::time_point heard_at_ = Clock::now();
  Clock::time_point asked_at_ = Clock::now();
  std::thread thread_;
};

}  // namespace quorate::ssh
