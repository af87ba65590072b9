// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/tunnel.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "providers/ssh/quote.h"

namespace quorate::ssh {
namespace {

constexpr std::size_t take_bytes = 256UL << 10U;

// Bash opens the port. Whichever side ends first ends the other, so that nothing stays behind on the node; the host and
// the port are arguments. Half an end cannot be passed on: /dev/tcp has no shutdown.
constexpr const char* relay_script = R"(exec 4<&0 3<>"/dev/tcp/$1/$2" || exit 1
cat <&3 4<&- & reader=$!
cat <&4 >&3 & writer=$!
exec 3>&- 4<&-
wait -n
kill "$reader" "$writer" 2>/dev/null
wait
)";

std::string relay_line(const Destination& destination) {
  const auto line = quote({"bash", "-c", relay_script, "quorate-relay", destination.host, std::to_string(destination.port)});
  return line.ok() ? *line : "false";
}

}  // namespace

std::string TunnelGroup::refusal() {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

void TunnelGroup::set_refusal(const std::string& text) {
  const std::lock_guard lock(mutex_);
  refusal_ = text;
}

Tunnel::Tunnel(Descriptor local, Destination destination, std::shared_ptr<Forwarding> forwarding,
               std::shared_ptr<TunnelGroup> group)
    : local_(std::move(local)),
      destination_(std::move(destination)),
      forwarding_(std::move(forwarding)),
      group_(std::move(group)) {}

bool Tunnel::advance(Turn& turn) {
  if (stage_ != Stage::finished && group_->ended) stage_ = Stage::closing;
  switch (stage_) {
    case Stage::opening: return advance_opening(turn);
    case Stage::requesting: return advance_requesting();
    case Stage::carrying: return carry(turn);
    case Stage::closing:
      local_.reset();
      if (!channel_ || channel_->close()) stage_ = Stage::finished;
      return finished();
    case Stage::finished: return false;
  }
  return false;
}

bool Tunnel::advance_opening(Turn& turn) {
  if (!channel_) {
    relayed_ = forwarding_->forbidden;
    channel_.emplace(turn.session, relayed_ ? std::nullopt : std::optional(destination_));
  }
  switch (channel_->open()) {
    case Progress::pending: return false;
    case Progress::done: stage_ = relayed_ ? Stage::requesting : Stage::carrying; return true;
    case Progress::refused: break;
  }
  if (!relayed_ && channel_->prohibited()) {
    forwarding_->forbidden = true;
    channel_->close();
    channel_.reset();
    return true;
  }
  refuse(channel_->refusal());
  return true;
}

bool Tunnel::advance_requesting() {
  const Progress progress = channel_->execute(relay_line(destination_));
  if (progress == Progress::pending) return false;
  if (progress == Progress::done) {
    stage_ = Stage::carrying;
  } else {
    refuse(channel_->refusal());
  }
  return true;
}

void Tunnel::refuse(const std::string& why) {
  group_->set_refusal(why);
  stage_ = Stage::closing;
}

bool Tunnel::carry(Turn& turn) {
  bool moved = carry_out();
  moved = carry_in(turn) || moved;
  return end_halves() || moved;
}

bool Tunnel::take_from_local() {
  if (local_ended_ || !outgoing_.empty()) return false;
  outgoing_.resize(take_bytes);
  const ssize_t taken = recv(local_.get(), outgoing_.data(), outgoing_.size(), 0);
  outgoing_.resize(taken > 0 ? static_cast<std::size_t>(taken) : 0);
  outgoing_sent_ = 0;
  if (taken > 0) return true;
  if (taken < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  local_ended_ = true;
  return true;
}

bool Tunnel::carry_out() {
  const bool taken = take_from_local();
  if (outgoing_.empty() || end_sent_) return taken;
  const std::ptrdiff_t sent = channel_->write(outgoing_.data() + outgoing_sent_, outgoing_.size() - outgoing_sent_);
  if (sent < 0) {
    // The other end takes no more; what it has sent may still be on the way.
    local_ended_ = true;
    end_sent_ = true;
    outgoing_.clear();
    return true;
  }
  outgoing_sent_ += static_cast<std::size_t>(sent);
  if (outgoing_sent_ == outgoing_.size()) outgoing_.clear();
  return taken || sent > 0;
}

std::size_t Tunnel::give_to_local(const char* bytes, std::size_t size) {
  std::size_t given = 0;
  while (given < size && !local_broken_) {
    const ssize_t sent = send(local_.get(), bytes + given, size - given, MSG_NOSIGNAL);
    if (sent >= 0) {
      given += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      local_broken_ = true;
    }
  }
  return given;
}

bool Tunnel::carry_in(Turn& turn) {
  if (!incoming_.empty()) {
    const std::size_t given = give_to_local(incoming_.data() + incoming_given_, incoming_.size() - incoming_given_);
    incoming_given_ += given;
    if (incoming_given_ == incoming_.size()) incoming_.clear();
    return given > 0;
  }
  // Not read further while the local side is slow: the window shuts, and the other end waits.
  if (relayed_) channel_->read(turn, true);
  const std::ptrdiff_t received = channel_->read(turn, false);
  if (received <= 0) return false;
  const auto size = static_cast<std::size_t>(received);
  const std::size_t given = give_to_local(turn.scratch, size);
  if (given < size && !local_broken_) {
    incoming_.assign(turn.scratch + given, size - given);
    incoming_given_ = 0;
  }
  return true;
}

bool Tunnel::local_gone() const {
  pollfd state{local_.get(), 0, 0};
  return poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

bool Tunnel::end_halves() {
  bool moved = false;
  const bool all_sent = local_ended_ && outgoing_.empty();
  // The relay's command ends with its input, and would take the answers that are under way with it.
  if (all_sent && !end_sent_ && !relayed_) {
    channel_->end_input();
    end_sent_ = true;
    moved = true;
  }
  const bool all_given = channel_->at_end() && incoming_.empty();
  if (all_given && !end_given_) {
    shutdown(local_.get(), SHUT_WR);
    end_given_ = true;
    moved = true;
  }
  const bool nobody_reads = local_broken_ || (all_sent && local_gone());
  if ((all_sent && all_given) || nobody_reads || (all_given && (relayed_ || channel_->closed()))) {
    stage_ = Stage::closing;
    moved = true;
  }
  return moved;
}

void Tunnel::add_descriptors(std::vector<pollfd>& descriptors) const {
  if (stage_ != Stage::carrying) return;
  short events = 0;
  if (!local_ended_ && outgoing_.empty()) events |= POLLIN;
  if (!incoming_.empty()) events |= POLLOUT;
  // A hang-up is reported unasked, and again and again: only where something would be done about it.
  const bool await_hang_up = local_ended_ && outgoing_.empty() && incoming_.empty();
  if (events != 0 || await_hang_up) descriptors.push_back({local_.get(), events, 0});
}

void Tunnel::lose(const std::string& reason) {
  if (channel_) channel_->abandon();
  local_.reset();
  group_->set_refusal(reason);
  stage_ = Stage::finished;
}

}  // namespace quorate::ssh
