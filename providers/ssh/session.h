// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"
#include "schemas/status.h"

namespace quorate::ssh {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// Takes output as it arrives. An error ends the command with it.
using OutputSink = std::function<absl::Status(std::string_view bytes)>;

/// A command as an argument vector. It is quoted for the remote shell in one function (quote.h) and nowhere else. `sudo -n --`
/// is put before it where the target says so.
struct Command {
  std::vector<std::string> arguments;
  std::string input;                       ///< to its standard input, which is then closed
  std::string input_file = {};             ///< a file on this machine whose bytes follow, read as they are sent; empty: none
  OutputSink output_to = {};               ///< takes the output, by the session's own thread; else it is in the result
  std::size_t output_limit = 32UL << 20U;  ///< bytes of output and of error output that are kept; more is an error
};

struct CommandResult {
  int exit_status = -1;
  std::string output;
  std::string error_output;
};

/// A way to a TCP port as the node sees it: a listening unix socket in a directory of mode 0700, each connection to which is
/// carried through the session. It ends with this object, which must not outlive its session.
class Forward {
 public:
  virtual ~Forward() = default;
  [[nodiscard]] virtual const std::string& socket_path() const = 0;
  /// Whether sshd forbids forwarding and the bytes go through an exec'd relay instead; known after the first connection.
  [[nodiscard]] virtual bool relayed() const = 0;
};

/// One SSH connection to one node. Calls may come from several threads at once; every one ends by its deadline.
class Session {
 public:
  virtual ~Session() = default;

  /// Runs a command. Unavailable: the connection is gone (whether the command ran is not known). timed_out: no end by the
  /// deadline (not known either). An exit status other than 0 is no error of this call. A signal is exit status 128 + N. not_found:
  /// the input file cannot be read, and nothing was run.
  virtual absl::StatusOr<CommandResult> run(const Command& command, Deadline deadline) = 0;

  /// Opens a way to `host:port` as seen from the node. Nothing is connected before the first connection to its socket; where
  /// the port refuses, that connection is closed at once.
  virtual absl::StatusOr<std::unique_ptr<Forward>> forward(const std::string& host, std::uint16_t port) = 0;

  /// Whether the connection still stands, as far as is known.
  [[nodiscard]] virtual bool alive() const = 0;
};

/// Where and how to connect: the spec's settings over those of ~/.ssh/config (`ssh -G` where there is an ssh).
struct Target {
  std::string name;  ///< of the node, for messages
  std::string host;
  std::string user;        ///< empty: the configuration's, else the local user
  std::uint32_t port = 0;  ///< 0: the configuration's, else 22
  bool sudo = false;
  std::vector<std::string> identity_files;  ///< empty: the configuration's and the agent
  std::string known_hosts_file;             ///< empty: the configuration's
  std::string proxy_jump;                   ///< [user@]host[:port]; empty: the configuration's
};

/// The target of a member by its spec; the member's own ssh settings outrank the cluster's.
Target target_of(const ClusterSpec& cluster, const MemberSpec& member);

struct ConnectResult {
  std::unique_ptr<Session> session;  ///< null: `state` says why
  SshState state;
};

/// Connects and logs in. Never asks anybody anything. The host key must be known: an unknown or changed one stops here, with its
/// fingerprint and what to do in `state.detail`.
ConnectResult connect(const Target& target, Deadline deadline);

}  // namespace quorate::ssh
