// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include <memory>
#include <string>

#include "providers/local/descriptor.h"
#include "providers/ssh/loop.h"
#include "providers/ssh/session.h"
#include "providers/ssh/tunnel.h"

namespace quorate::ssh {

/// A session that is logged in.
class ConnectedSession final : public Session {
 public:
  /// `jump` is the session that carries this one, if one does.
  ConnectedSession(SessionHandle session, bool sudo, std::unique_ptr<ConnectedSession> jump);

  absl::StatusOr<CommandResult> run(const Command& command, Deadline deadline) override;
  absl::StatusOr<std::unique_ptr<Forward>> forward(const std::string& host, std::uint16_t port) override;
  [[nodiscard]] bool alive() const override { return loop_.alive(); }

  /// A local stream to a destination that this machine reaches, for a session through it. Why it ended, the group
  /// knows.
  absl::StatusOr<Descriptor> open_stream(const Destination& destination, const std::shared_ptr<TunnelGroup>& group);

 private:
  const bool sudo_;
  const std::shared_ptr<Forwarding> forwarding_ = std::make_shared<Forwarding>();
  // Before the loop, so that it is there until the loop has said goodbye through it.
  const std::unique_ptr<ConnectedSession> jump_;
  Loop loop_;
};

}  // namespace quorate::ssh
