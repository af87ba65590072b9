// SPDX-License-Identifier: Apache-2.0
#include "tests/support/unix_relay.h"

#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace quorate::test {
namespace {

int listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unlink(path.c_str());
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 16) != 0) {
    throw std::runtime_error("cannot listen at " + path);
  }
  return listener;
}

// Both ends are on this machine and little is sent, so that blocking writes do no harm.
bool pass(int from, int to) {
  char bytes[65536];
  const ssize_t count = recv(from, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  ssize_t sent = 0;
  while (sent < count) {
    const ssize_t more = send(to, bytes + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += more;
  }
  return true;
}

}  // namespace

UnixRelay::UnixRelay(std::string socket_path, std::string address, int port)
    : socket_path_(std::move(socket_path)),
      address_(std::move(address)),
      port_(port),
      listener_(listen_at(socket_path_)),
      thread_([this](const std::stop_token& stop) { serve(stop); }) {}

UnixRelay::~UnixRelay() {
  thread_.request_stop();
  thread_.join();
  for (const Pair& pair : pairs_) {
    close(pair.here);
    close(pair.there);
  }
  close(listener_);
}

int UnixRelay::connect_onwards() const {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  inet_pton(AF_INET, address_.c_str(), &address.sin_addr);
  const int there = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(there, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(there, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return there;
  close(there);
  return -1;
}

void UnixRelay::accept_one() {
  const int here = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int there = here < 0 ? -1 : connect_onwards();
  if (there >= 0) {
    pairs_.push_back({here, there});
  } else if (here >= 0) {
    close(here);
  }
}

void UnixRelay::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> wanted{{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      wanted.push_back({pair.here, POLLIN, 0});
      wanted.push_back({pair.there, POLLIN, 0});
    }
    if (poll(wanted.data(), wanted.size(), 20) <= 0) continue;
    std::size_t place = 1;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); place += 2) {
      const bool open = (wanted[place].revents == 0 || pass(pair->here, pair->there)) &&
                        (wanted[place + 1].revents == 0 || pass(pair->there, pair->here));
      if (open) {
        ++pair;
        continue;
      }
      close(pair->here);
      close(pair->there);
      pair = pairs_.erase(pair);
    }
    if (wanted[0].revents != 0) accept_one();
  }
}

SilentSocket::SilentSocket(const std::string& socket_path) : listener_(listen_at(socket_path)) {}

SilentSocket::~SilentSocket() { close(listener_); }

}  // namespace quorate::test
