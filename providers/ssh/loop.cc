// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/loop.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <libssh/server.h>

#include "providers/ssh/socket.h"

namespace quorate::ssh {
namespace {

constexpr auto ask_after = std::chrono::seconds(4);
constexpr auto gone_after = std::chrono::seconds(15);
constexpr int tick_milliseconds = 1000;

}  // namespace

Loop::Loop(SessionHandle session)
    : session_(std::move(session)),
      wake_up_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      // Not a vector: most of it is never touched, and should not be zeroed.
      scratch_(std::make_unique_for_overwrite<char[]>(window_bytes)) {
  ssh_set_counters(session_.get(), &counter_, nullptr);
  event_ = ssh_event_new();
  ssh_event_add_session(event_, session_.get());
  thread_ = std::thread([this] { drive(); });
}

Loop::~Loop() {
  stopping_ = true;
  wake();
  thread_.join();
}

void Loop::start(std::shared_ptr<Activity> activity) {
  std::string gone;
  {
    const std::lock_guard lock(mutex_);
    if (gone_.empty()) {
      started_.push_back(std::move(activity));
    } else {
      gone = gone_;
    }
  }
  if (gone.empty()) {
    wake();
  } else {
    activity->lose(gone);
  }
}

void Loop::wake() {
  const std::uint64_t one = 1;
  // It can only fail where it is already awake.
  [[maybe_unused]] const ssize_t written = write(wake_up_.get(), &one, sizeof one);
}

void Loop::drive() {
  bool moved = true;
  while (!stopping_) {
    sleep(moved);
    moved = take_started();
    const std::uint64_t before = counter_.in_bytes;
    if (!pump()) return end("the connection broke off: " + error_of(session_.get()));
    moved = advance_all() || moved;
    // What one channel reads may have brought bytes for another that has had its turn.
    moved = moved || counter_.in_bytes != before;
    if (counter_.in_bytes != heard_bytes_) {
      heard_bytes_ = counter_.in_bytes;
      heard_at_ = Clock::now();
    }
    keep_alive();
    if (Clock::now() - heard_at_ > gone_after) return end("the other end has been silent for 15 seconds");
  }
  end("the session was closed");
}

bool Loop::take_started() {
  std::uint64_t count = 0;
  while (read(wake_up_.get(), &count, sizeof count) > 0) {
  }
  const std::lock_guard lock(mutex_);
  for (auto& activity : started_) activities_.push_back(std::move(activity));
  const bool any = !started_.empty();
  started_.clear();
  return any;
}

void Loop::sleep(bool moved) {
  descriptors_.clear();
  descriptors_.push_back({wake_up_.get(), POLLIN, 0});
  short events = POLLIN;
  if ((ssh_get_poll_flags(session_.get()) & SSH_WRITE_PENDING) != 0) events |= POLLOUT;
  const int connection = ssh_get_fd(session_.get());
  descriptors_.push_back({connection, events, 0});
  for (const auto& activity : activities_) activity->add_descriptors(descriptors_);
  // Without this the other end waits for acknowledgements that Linux delays, and its Nagle makes that 40 ms a message.
  // It falls back by itself, so it is said each time.
  const int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  poll(descriptors_.data(), descriptors_.size(), moved ? 0 : tick_milliseconds);
}

bool Loop::pump() {
  if (ssh_event_dopoll(event_, 0) == SSH_ERROR) return false;
  return ssh_is_connected(session_.get()) != 0 && (ssh_get_status(session_.get()) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0;
}

bool Loop::advance_all() {
  Turn turn{session_.get(), scratch_.get()};
  bool moved = false;
  for (const auto& activity : activities_) moved = activity->advance(turn) || moved;
  std::erase_if(activities_, [](const auto& activity) { return activity->finished(); });
  return moved;
}

void Loop::keep_alive() {
  const Clock::time_point now = Clock::now();
  if (now - heard_at_ < ask_after || now - asked_at_ < ask_after) return;
  asked_at_ = now;
  // Without blocking, libssh's call only collects the answer to the one before; the second sends.
  ssh_send_keepalive(session_.get());
  ssh_send_keepalive(session_.get());
}

void Loop::end(const std::string& reason) {
  alive_ = false;
  {
    const std::lock_guard lock(mutex_);
    gone_ = reason;
    for (auto& activity : started_) activities_.push_back(std::move(activity));
    started_.clear();
  }
  for (const auto& activity : activities_) activity->lose(reason);
  activities_.clear();
  ssh_event_remove_session(event_, session_.get());
  ssh_event_free(event_);
  session_.reset();
}

}  // namespace quorate::ssh
