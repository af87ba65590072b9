// SPDX-License-Identifier: Apache-2.0
#include "providers/etcd/stream_watch.h"

#include <utility>

namespace quorate::etcd {
namespace {

constexpr std::chrono::milliseconds look_every(200);

}  // namespace

StreamWatch::StreamWatch(std::chrono::milliseconds stall, std::function<bool()> stop, std::function<void()> cancel)
    : stall_(stall), stop_(std::move(stop)), cancel_(std::move(cancel)), thread_([this] { watch(); }) {}

StreamWatch::~StreamWatch() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ended_changed_.notify_all();
  thread_.join();
}

StreamWatch::End StreamWatch::look() const {
  if (stop_()) return End::stopped;
  const bool stalled = reading_ && std::chrono::steady_clock::now() - reading_since_ > stall_;
  return stalled ? End::stalled : End::none;
}

void StreamWatch::watch() {
  std::unique_lock lock(mutex_);
  while (!ended_changed_.wait_for(lock, look_every, [this] { return ended_; })) {
    end_ = look();
    if (end_ == End::none) continue;
    lock.unlock();
    cancel_();
    return;
  }
}

bool StreamWatch::wait_for(const std::function<bool()>& read) {
  {
    const std::lock_guard lock(mutex_);
    reading_ = true;
    reading_since_ = std::chrono::steady_clock::now();
  }
  const bool more = read();
  const std::lock_guard lock(mutex_);
  reading_ = false;
  return more;
}

StreamWatch::End StreamWatch::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

}  // namespace quorate::etcd
