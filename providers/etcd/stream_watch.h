// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace quorate::etcd {

/// Ends a stream that has no deadline as a whole: when the other side sends nothing for too long, or somebody wants it to end. Only
/// the time inside wait_for() counts: whoever takes the parts may be slow.
class StreamWatch {
 public:
  /// `cancel` is called once, from another thread; `stop` is asked several times a second.
  StreamWatch(std::chrono::milliseconds stall, std::function<bool()> stop, std::function<void()> cancel);
  StreamWatch(const StreamWatch&) = delete;
  StreamWatch& operator=(const StreamWatch&) = delete;
  ~StreamWatch();

  /// Calls `read`, and returns what it does.
  bool wait_for(const std::function<bool()>& read);

  enum class End { none, stalled, stopped };
  /// Why the stream was cancelled.
  [[nodiscard]] End end() const;

 private:
  void watch();
  [[nodiscard]] End look() const;

  const std::chrono::milliseconds stall_;
  const std::function<bool()> stop_;
  const std::function<void()> cancel_;
  mutable std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;                                   // guarded by mutex_
  bool reading_ = false;                                 // guarded by mutex_
  std::chrono::steady_clock::time_point reading_since_;  // guarded by mutex_
  End end_ = End::none;                                  // guarded by mutex_
  std::thread thread_;
};

}  // namespace quorate::etcd
