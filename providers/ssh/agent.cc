// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/agent.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "providers/ssh/deadline.h"
#include "providers/ssh/socket.h"

namespace quorate::ssh {
namespace {

// draft-miller-ssh-agent: a message is its length and then this.
constexpr char failure = 5;
constexpr char request_identities = 11;
constexpr char identities_answer = 12;
constexpr std::size_t message_limit = 256UL << 10U;

std::string encode_number(std::size_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xFFU);
  return bytes;
}

std::string encode_string(const std::string& text) { return encode_number(text.size()) + text; }

std::optional<std::size_t> take_number(std::string_view& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  std::size_t number = 0;
  for (int index = 0; index < 4; ++index)
    number = number << 8U | static_cast<unsigned char>(bytes[static_cast<std::size_t>(index)]);
  bytes.remove_prefix(4);
  return number;
}

std::optional<std::string> take_string(std::string_view& bytes) {
  const auto size = take_number(bytes);
  if (!size || *size > bytes.size()) return std::nullopt;
  std::string text(bytes.substr(0, *size));
  bytes.remove_prefix(*size);
  return text;
}

bool await(int descriptor, short events, Deadline deadline) {
  pollfd waiting{descriptor, events, 0};
  while (true) {
    const int ready = poll(&waiting, 1, poll_timeout(deadline));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (Clock::now() >= deadline) return false;
  }
}

bool read_exactly(int descriptor, char* into, std::size_t size, Deadline deadline) {
  while (size > 0) {
    if (!await(descriptor, POLLIN, deadline)) return false;
    const ssize_t got = recv(descriptor, into, size, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (got < 0) continue;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<std::string> read_message(int descriptor, Deadline deadline) {
  char head[4];
  if (!read_exactly(descriptor, head, sizeof head, deadline)) return std::nullopt;
  std::string_view bytes(head, sizeof head);
  const std::size_t size = take_number(bytes).value_or(0);
  if (size == 0 || size > message_limit) return std::nullopt;
  std::string message(size, '\0');
  if (!read_exactly(descriptor, message.data(), size, deadline)) return std::nullopt;
  return message;
}

bool write_message(int descriptor, const std::string& message, Deadline deadline) {
  const std::string bytes = encode_string(message);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    if (!await(descriptor, POLLOUT, deadline)) return false;
    const ssize_t got = send(descriptor, bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (got < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (got > 0) sent += static_cast<std::size_t>(got);
  }
  return true;
}

Descriptor connect_agent(const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return Descriptor();
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (connect(socket.get(), generic, sizeof address) != 0) return Descriptor();
  return socket;
}

}  // namespace

Agent::Agent(const std::string& socket_path, AgentView view, Deadline deadline)
    : deadline_(bounded(deadline)), agent_(connect_agent(socket_path)) {
  if (!agent_.valid()) return;
  load(view);
  auto ends = socket_pair();
  if (keys_.empty() || !ends.ok()) {
    keys_.clear();
    return;
  }
  server_ = std::move(ends->first);
  client_ = std::move(ends->second);
  thread_ = std::thread([this] { serve(); });
}

Agent::~Agent() {
  if (!thread_.joinable()) return;
  shutdown(server_.get(), SHUT_RDWR);
  shutdown(agent_.get(), SHUT_RDWR);
  thread_.join();
}

void Agent::load(const AgentView& view) {
  const std::string reply = ask(std::string(1, request_identities));
  if (reply.empty() || reply[0] != identities_answer) return;
  std::string_view rest = std::string_view(reply).substr(1);
  const std::size_t count = take_number(rest).value_or(0);
  for (std::size_t index = 0; index < count; ++index) {
    auto blob = take_string(rest);
    auto comment = take_string(rest);
    if (!blob || !comment) return;
    const bool named = std::find(view.blobs.begin(), view.blobs.end(), *blob) != view.blobs.end();
    if (named != view.others) keys_.push_back({std::move(*blob), std::move(*comment)});
  }
}

std::string Agent::ask(const std::string& request) const {
  if (!write_message(agent_.get(), request, deadline_)) return "";
  return read_message(agent_.get(), deadline_).value_or("");
}

std::string Agent::answer(const std::string& request) const {
  if (request[0] != request_identities) {
    const std::string reply = ask(request);
    return reply.empty() ? std::string(1, failure) : reply;
  }
  std::string reply = identities_answer + encode_number(keys_.size());
  for (const auto& key : keys_) reply += encode_string(key.blob) + encode_string(key.comment);
  return reply;
}

void Agent::serve() {
  // Until this object ends, even past the deadline: libssh writes to a closed socket without MSG_NOSIGNAL.
  while (true) {
    const auto request = read_message(server_.get(), bounded(Deadline::max()));
    if (!request || !write_message(server_.get(), answer(*request), bounded(Deadline::max()))) return;
  }
}

}  // namespace quorate::ssh
