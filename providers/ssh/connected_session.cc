// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/connected_session.h"

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>

#include "providers/ssh/execution.h"
#include "providers/ssh/forward.h"
#include "providers/ssh/quote.h"
#include "providers/ssh/socket.h"

namespace quorate::ssh {

ConnectedSession::ConnectedSession(SessionHandle session, bool sudo, std::unique_ptr<ConnectedSession> jump)
    : sudo_(sudo), jump_(std::move(jump)), loop_(std::move(session)) {}

absl::StatusOr<CommandResult> ConnectedSession::run(const Command& command, Deadline deadline) {
  std::vector<std::string> arguments = command.arguments;
  if (sudo_ && !arguments.empty()) arguments.insert(arguments.begin(), {"sudo", "-n", "--"});
  auto line = quote(arguments);
  if (!line.ok()) return line.status();
  Descriptor file;
  if (!command.input_file.empty()) {
    file = Descriptor(::open(command.input_file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return not_found(command.input_file + ": " + std::strerror(errno));
  }
  const auto execution = std::make_shared<Execution>(std::move(*line), command, std::move(file));
  loop_.start(execution);
  auto result = execution->wait(deadline, loop_);
  if (!result.ok()) return annotate(result.status(), "running " + command.arguments[0]);
  return result;
}

absl::StatusOr<std::unique_ptr<Forward>> ConnectedSession::forward(const std::string& host, std::uint16_t port) {
  return open_forward(loop_, {host, port}, forwarding_);
}

absl::StatusOr<Descriptor> ConnectedSession::open_stream(const Destination& destination,
                                                         const std::shared_ptr<TunnelGroup>& group) {
  auto ends = socket_pair();
  if (!ends.ok()) return ends.status();
  loop_.start(std::make_shared<Tunnel>(std::move(ends->first), destination, forwarding_, group));
  return std::move(ends->second);
}

}  // namespace quorate::ssh
