// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "tests/support/fake_etcd_state.h"

namespace quorate::test {

/// One node's client API over the shared state.
class FakeClient : public etcd::Client {
 public:
  FakeClient(FakeCluster::State& state, std::string name) : state_(state), name_(std::move(name)) {}

  absl::StatusOr<EndpointStatus> status(etcd::Deadline deadline) override;
  absl::StatusOr<MemberList> member_list(etcd::Consistency consistency, etcd::Deadline deadline) override;
  absl::Status snapshot(const etcd::SnapshotPart& part, std::chrono::milliseconds stall,
                        const std::function<bool()>& stop) override;
  absl::StatusOr<etcd::StoreHash> hash_of_store(std::int64_t revision, etcd::Deadline deadline) override;
  absl::StatusOr<std::uint64_t> count_keys(std::int64_t revision, etcd::Deadline deadline) override;
  Outcome add_learner(const std::string& peer_url, etcd::Deadline deadline) override;
  Outcome remove_member(const std::string& member_id, etcd::Deadline deadline) override;
  Outcome promote_member(const std::string& member_id, etcd::Deadline deadline) override;
  Outcome update_member(const std::string& member_id, const std::string& peer_url, etcd::Deadline deadline) override;
  Outcome delete_prefix(const std::string& prefix, etcd::Deadline deadline) override;
  Outcome compact(etcd::Deadline deadline) override;
  Outcome defragment(etcd::Deadline deadline) override;
  Outcome disarm(const std::string& alarm, etcd::Deadline deadline) override;
  Outcome move_leader(const std::string& to_member_id, etcd::Deadline deadline) override;

 private:
  // The member that this node runs as; none: it does not answer.
  Member* asked();
  Membership membership();
  // Why no change can be asked of this node; none: it can.
  std::optional<Outcome> not_answering();
  Outcome answered(Outcome outcome);
  // The store has one revision here: every other one is compacted, or is not there yet.
  absl::Status check_revision(const std::string& call, std::int64_t revision);

  FakeCluster::State& state_;
  std::string name_;
};

}  // namespace quorate::test
