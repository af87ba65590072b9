// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "providers/local/descriptor.h"
#include "providers/ssh/session.h"

namespace quorate::ssh {

/// Which of the agent's keys are shown, by their public blobs.
struct AgentView {
  std::vector<std::string> blobs;
  bool others = false;  ///< false: these keys; true: all but these
};

/// Stands between libssh and the agent. libssh offers every key that an agent has, in the agent's order, and sshd hangs
/// up after six; it also waits for an agent without a deadline.
class Agent {
 public:
  Agent(const std::string& socket_path, AgentView view, Deadline deadline);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent();

  /// Whether there is an agent, and it has keys to show.
  [[nodiscard]] bool has_keys() const { return !keys_.empty(); }
  /// The end that libssh talks to, to be closed by it; to be taken once.
  [[nodiscard]] int take_socket() { return client_.release(); }

 private:
  struct Key {
    std::string blob;
    std::string comment;
  };

  void load(const AgentView& view);
  void serve();
  [[nodiscard]] std::string answer(const std::string& request) const;
  [[nodiscard]] std::string ask(const std::string& request) const;

  Deadline deadline_;
  Descriptor agent_;
  Descriptor server_;
  Descriptor client_;
  std::vector<Key> keys_;
  std::thread thread_;
};

}  // namespace quorate::ssh
