// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "providers/local/descriptor.h"
#include "providers/ssh/channel.h"
#include "providers/ssh/loop.h"

namespace quorate::ssh {

/// What the tunnels of one session share.
struct Forwarding {
  std::atomic<bool> forbidden = false;  ///< sshd refuses direct-tcpip: relay over a command
};

/// What the tunnels of one forward share with its owner.
struct TunnelGroup {
  std::atomic<bool> ended = false;  ///< they shall end now

  /// Why the last one could not be opened; empty: none was refused.
  std::string refusal();
  void set_refusal(const std::string& text);

 private:
  std::mutex mutex_;
  std::string refusal_;
};

/// Carries one local connection to a destination that the other end reaches: by a direct-tcpip channel, or where sshd
/// forbids that, by a command there that does the same.
class Tunnel final : public Activity {
 public:
  Tunnel(Descriptor local, Destination destination, std::shared_ptr<Forwarding> forwarding, std::shared_ptr<TunnelGroup> group);

  bool advance(Turn& turn) override;
  void add_descriptors(std::vector<pollfd>& descriptors) const override;
  [[nodiscard]] bool finished() const override { return stage_ == Stage::finished; }
  void lose(const std::string& reason) override;

 private:
  enum class Stage { opening, requesting, carrying, closing, finished };

  bool advance_opening(Turn& turn);
  bool advance_requesting();
  bool carry(Turn& turn);
  bool carry_out();
  bool carry_in(Turn& turn);
  bool take_from_local();
  std::size_t give_to_local(const char* bytes, std::size_t size);
  bool end_halves();
  [[nodiscard]] bool local_gone() const;
  void refuse(const std::string& why);

  Descriptor local_;
  const Destination destination_;
  const std::shared_ptr<Forwarding> forwarding_;
  const std::shared_ptr<TunnelGroup> group_;
  Stage stage_ = Stage::opening;
  bool relayed_ = false;
  std::optional<Channel> channel_;
  std::string outgoing_;  // read here, not yet taken by the channel
  std::size_t outgoing_sent_ = 0;
  std::string incoming_;  // from the channel, not yet taken here
  std::size_t incoming_given_ = 0;
  bool local_ended_ = false;   // nothing more will be read here
  bool local_broken_ = false;  // nothing more can be written here
  bool end_sent_ = false;
  bool end_given_ = false;
};

}  // namespace quorate::ssh
