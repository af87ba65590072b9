// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/socket.h"

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "providers/ssh/deadline.h"

namespace quorate::ssh {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

struct Lookup {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  int error = 0;
  Addresses addresses{nullptr, freeaddrinfo};
};

addrinfo hints_for(AddressFamily family, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  hints.ai_family = family == AddressFamily::inet ? AF_INET : family == AddressFamily::inet6 ? AF_INET6 : AF_UNSPEC;
  return hints;
}

int look_up(const std::string& host, const std::string& port, const addrinfo& hints, Addresses& into) {
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error == 0) into.reset(found);
  return error;
}

absl::StatusOr<Addresses> resolve(const std::string& host, const std::string& port, AddressFamily family, Deadline deadline) {
  Addresses addresses{nullptr, freeaddrinfo};
  if (look_up(host, port, hints_for(family, AI_NUMERICHOST | AI_NUMERICSERV), addresses) == 0) return addresses;

  // getaddrinfo knows no deadline: a name server that is gone would hold the caller for half a minute. The thread is
  // left behind with all that it touches.
  auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host, port, family] {
    Addresses found{nullptr, freeaddrinfo};
    const int error = look_up(host, port, hints_for(family, AI_NUMERICSERV | AI_ADDRCONFIG), found);
    const std::lock_guard lock(lookup->mutex);
    lookup->error = error;
    lookup->addresses = std::move(found);
    lookup->done = true;
    lookup->ended.notify_all();
  }).detach();
  std::unique_lock lock(lookup->mutex);
  if (!lookup->ended.wait_until(lock, bounded(deadline), [&] { return lookup->done; })) {
    return timed_out("looking up " + host + ": no answer in time");
  }
  if (lookup->error != 0) return unavailable("looking up " + host + ": " + gai_strerror(lookup->error));
  return std::move(lookup->addresses);
}

std::string address_text(const addrinfo& address) {
  char text[NI_MAXHOST] = {};
  if (getnameinfo(address.ai_addr, address.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return "?";
  return text;
}

absl::Status wait_connected(int descriptor, Deadline deadline) {
  pollfd waiting{descriptor, POLLOUT, 0};
  int ready = 0;
  do {
    ready = poll(&waiting, 1, poll_timeout(deadline));
  } while ((ready < 0 && errno == EINTR) || (ready == 0 && Clock::now() < deadline));
  if (ready == 0) return timed_out("no answer in time");
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? absl::OkStatus() : unavailable(error_text(error));
}

absl::StatusOr<Descriptor> connect_one(const addrinfo& address, Deadline deadline) {
  Descriptor socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!socket.valid()) return unavailable(error_text(errno));
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return unavailable(error_text(errno));
    const absl::Status status = wait_connected(socket.get(), deadline);
    if (!status.ok()) return status;
  }
  return socket;
}

// An address that swallows packets must leave time for those after it.
Deadline share_of(Deadline deadline, std::size_t addresses_left) {
  const Clock::time_point now = Clock::now();
  const Deadline whole = bounded(deadline);
  return whole <= now ? whole : now + (whole - now) / static_cast<std::int64_t>(addresses_left);
}

}  // namespace

absl::StatusOr<Descriptor> connect_tcp(const std::string& host, std::uint16_t port, AddressFamily family, Deadline deadline) {
  auto addresses = resolve(host, std::to_string(port), family, deadline);
  if (!addresses.ok()) return addresses.status();
  std::size_t left = 0;
  for (const addrinfo* each = addresses->get(); each != nullptr; each = each->ai_next) ++left;
  absl::Status failure = unavailable("no address");
  for (const addrinfo* each = addresses->get(); each != nullptr; each = each->ai_next, --left) {
    auto socket = connect_one(*each, share_of(deadline, left));
    if (socket.ok()) return socket;
    const std::string address = address_text(*each);
    const std::string shown = address == host ? host : host + " (" + address + ")";
    failure = annotate(socket.status(), "connecting to " + shown + " port " + std::to_string(port));
  }
  return failure;
}

absl::StatusOr<std::pair<Descriptor, Descriptor>> socket_pair() {
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    return internal("socketpair: " + error_text(errno));
  }
  return std::make_pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

void set_nonblocking(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0) fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

std::string error_text(int number) { return std::system_category().message(number); }

}  // namespace quorate::ssh
