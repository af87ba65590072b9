// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "schemas/observation.pb.h"
#include "tests/support/fake_etcd.h"
#include "tests/support/membership.h"

namespace quorate::test {

/// etcd's rules as plain state. Whoever calls it holds `mutex`.
class FakeCluster::State {
 public:
  using Time = std::chrono::milliseconds;

  struct Node {
    bool live = false;
    bool serves = false;  ///< it has joined: what is started without a quorum waits for one, and answers no client
    Time live_since{0};
    bool behind = false;
    std::string started_as;  ///< the member ID in its data; empty: no data
  };

  explicit State(const std::vector<std::string>& names);

  bool start(const std::string& name);
  void elect();

  [[nodiscard]] Member* by_id(const std::string& id);
  [[nodiscard]] Member* by_url(const std::string& url);
  [[nodiscard]] bool has_quorum() const { return membership(nullptr).has_quorum(); }
  /// As the member `asked` sees who is connected; null: as nobody does.
  [[nodiscard]] Membership membership(const Member* asked) const;

  std::string add_member(const std::string& url, bool learner, const std::string& name);
  void remove(const std::string& id);

  mutable std::mutex mutex;
  Time now{std::chrono::hours(1)};
  std::vector<Member> members;
  std::map<std::string, Node> nodes;
  std::map<std::string, std::string> data;
  std::int64_t revision = 1;
  std::uint64_t term = 2;
  std::uint64_t next_identifier = 1;
  std::string leader_id;
  bool answer_lost = false;

 private:
  void serve_where_quorum();
  [[nodiscard]] const Node* node_of(const Member& member) const;
  [[nodiscard]] bool live(const Member& member) const;
  [[nodiscard]] bool in_sync(const Member& member) const;
  [[nodiscard]] bool connected_for_long(const Member& member, const Member& asked) const;
};

}  // namespace quorate::test
