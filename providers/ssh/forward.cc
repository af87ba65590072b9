// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/forward.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "providers/ssh/socket.h"

namespace quorate::ssh {
namespace {

class Listener final : public Activity {
 public:
  Listener(Descriptor socket, Destination destination, std::shared_ptr<Forwarding> forwarding, std::shared_ptr<TunnelGroup> group,
           Loop& loop)
      : socket_(std::move(socket)),
        destination_(std::move(destination)),
        forwarding_(std::move(forwarding)),
        group_(std::move(group)),
        loop_(loop) {}

  bool advance(Turn& /*turn*/) override {
    if (group_->ended) socket_.reset();
    if (!socket_.valid()) return false;
    Descriptor accepted(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!accepted.valid()) return false;
    loop_.start(std::make_shared<Tunnel>(std::move(accepted), destination_, forwarding_, group_));
    return true;
  }
  void add_descriptors(std::vector<pollfd>& descriptors) const override {
    if (socket_.valid()) descriptors.push_back({socket_.get(), POLLIN, 0});
  }
  [[nodiscard]] bool finished() const override { return !socket_.valid(); }
  void lose(const std::string& /*reason*/) override { socket_.reset(); }

 private:
  Descriptor socket_;
  const Destination destination_;
  const std::shared_ptr<Forwarding> forwarding_;
  const std::shared_ptr<TunnelGroup> group_;
  Loop& loop_;
};

/// A directory of mode 0700 with one socket in it; both go with this object. A killed process leaves them, a few hundred bytes to
/// which nobody listens: in $XDG_RUNTIME_DIR until the last logout, in /tmp until it is emptied.
class SocketDirectory {
 public:
  SocketDirectory() = default;
  SocketDirectory(const SocketDirectory&) = delete;
  SocketDirectory& operator=(const SocketDirectory&) = delete;
  ~SocketDirectory() {
    if (directory_.empty()) return;
    unlink(socket_path_.c_str());
    rmdir(directory_.c_str());
  }

  absl::Status create() {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    for (const std::string& parent : {std::string(runtime == nullptr ? "" : runtime), std::string("/tmp")}) {
      if (parent.empty() || parent.front() != '/') continue;
      std::string path = parent + "/quorate-XXXXXX";
      // The path of a unix socket has room for 107 bytes.
      if (path.size() + sizeof "/socket" > sizeof(sockaddr_un::sun_path) || mkdtemp(path.data()) == nullptr) continue;
      directory_ = path;
      socket_path_ = path + "/socket";
      return absl::OkStatus();
    }
    return unavailable("no directory for a socket in $XDG_RUNTIME_DIR or /tmp: " + error_text(errno));
  }
  [[nodiscard]] const std::string& socket_path() const { return socket_path_; }

 private:
  std::string directory_;
  std::string socket_path_;
};

absl::StatusOr<Descriptor> listen_at(const std::string& path) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (!socket.valid() || bind(socket.get(), generic, sizeof address) != 0 || listen(socket.get(), 128) != 0) {
    return unavailable("listening at " + path + ": " + error_text(errno));
  }
  return socket;
}

class SocketForward final : public Forward {
 public:
  SocketForward(Loop& loop, std::shared_ptr<Forwarding> forwarding) : loop_(loop), forwarding_(std::move(forwarding)) {}
  SocketForward(const SocketForward&) = delete;
  SocketForward& operator=(const SocketForward&) = delete;
  ~SocketForward() override {
    group_->ended = true;
    loop_.wake();
  }

  absl::Status open(Destination destination) {
    const absl::Status created = directory_.create();
    if (!created.ok()) return created;
    auto socket = listen_at(directory_.socket_path());
    if (!socket.ok()) return socket.status();
    loop_.start(std::make_shared<Listener>(std::move(*socket), std::move(destination), forwarding_, group_, loop_));
    return absl::OkStatus();
  }
  [[nodiscard]] const std::string& socket_path() const override { return directory_.socket_path(); }
  [[nodiscard]] bool relayed() const override { return forwarding_->forbidden; }

 private:
  Loop& loop_;
  const std::shared_ptr<Forwarding> forwarding_;
  const std::shared_ptr<TunnelGroup> group_ = std::make_shared<TunnelGroup>();
  SocketDirectory directory_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Forward>> open_forward(Loop& loop, Destination destination, std::shared_ptr<Forwarding> forwarding) {
  if (!loop.alive()) return unavailable("the connection is gone");
  auto forward = std::make_unique<SocketForward>(loop, std::move(forwarding));
  const absl::Status opened = forward->open(std::move(destination));
  if (!opened.ok()) return opened;
  return forward;
}

}  // namespace quorate::ssh
