// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/handshake.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "providers/ssh/deadline.h"
#include "providers/ssh/socket.h"

namespace quorate::ssh {

bool await_progress(ssh_session session, Deadline deadline) {
  const int connection = ssh_get_fd(session);
  if (Clock::now() >= deadline) return false;
  if (connection < 0) {
    // Its connection is gone: the next call says so, and if it does not, the deadline will.
    poll(nullptr, 0, 10);
    return true;
  }
  // libssh makes the socket block once it is connected, and a peer that stops reading would then hold the thread.
  set_nonblocking(connection);
  const int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  short events = POLLIN;
  if ((ssh_get_poll_flags(session) & SSH_WRITE_PENDING) != 0) events |= POLLOUT;
  pollfd waiting{connection, events, 0};
  poll(&waiting, 1, poll_timeout(deadline));
  return true;
}

}  // namespace quorate::ssh
