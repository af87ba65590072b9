// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/plans/support/cluster_model.h"
#include "tests/providers/etcd/real_cluster.h"
#include "tests/support/fake_etcd.h"

namespace quorate::test {

/// The nodes of a party, of which the first three are the first voters.
const std::vector<std::string>& party_nodes();

/// At which a node listens: its member is added with the first, and updated to the other and back.
struct PeerUrls {
  std::string first;
  std::string other;
  [[nodiscard]] bool contain(const std::string& url) const { return url == first || url == other; }
  [[nodiscard]] std::string not_this(const std::string& url) const { return url == first ? other : first; }
};

/// A cluster of which the same is asked as of others: etcd, what stands for it, or the model on which plans are tried. What is
/// asked of the membership says whether it was accepted, be it that it is so already.
class Party {
 public:
  Party() = default;
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;
  virtual ~Party() = default;

  bool add(const std::string& name);
  bool remove(const std::string& name);
  bool promote(const std::string& name);
  /// To the other one of the node's URLs.
  bool update(const std::string& name);
  bool update_to_that_of(const std::string& name, const std::string& other);
  bool move_leader(const std::string& name);

  virtual void stop(const std::string& name) = 0;
  virtual void start(const std::string& name) = 0;
  virtual void wipe(const std::string& name) = 0;
  virtual void wait(std::chrono::milliseconds time) = 0;

  virtual bool serves(const std::string& name) = 0;
  /// The node's member; none too where no voter serves.
  std::optional<Member> listed(const std::string& name);
  bool is_learner(const std::string& name);
  /// Who serves, and who is listed.
  std::string sight();

 private:
  virtual PeerUrls peer_urls(const std::string& name) = 0;
  // Empty: no voter serves.
  virtual MemberList list() = 0;
  // As that node has it.
  virtual std::string leader_of(const std::string& name) = 0;
  virtual bool add_learner(const std::string& url) = 0;
  virtual bool remove_member(const std::string& id) = 0;
  virtual bool promote_member(const Member& member) = 0;
  virtual bool update_member(const std::string& id, const std::string& url) = 0;
  virtual bool move_leader_to(const std::string& id) = 0;
};

/// By what clients say, of real etcd or of the fake.
class ClientParty : public Party {
 public:
  bool serves(const std::string& name) override;

 protected:
  MemberList list() override;

 private:
  using Question = std::function<bool(etcd::Client&)>;

  virtual std::unique_ptr<etcd::Client> client(const std::string& name) = 0;
  std::string leader_of(const std::string& name) override;
  bool add_learner(const std::string& url) override;
  bool remove_member(const std::string& id) override;
  bool promote_member(const Member& member) override;
  bool update_member(const std::string& id, const std::string& url) override;
  bool move_leader_to(const std::string& id) override;

  // One that sees a leader; where there is none, one that does not.
  bool ask_voter(const Question& question);
  bool ask_leader(const Question& question);
  bool ask(const Question& question, const std::function<bool(const EndpointStatus&)>& is_preferred);
};

class RealParty : public ClientParty {
 public:
  RealParty();
  void stop(const std::string& name) override;
  void start(const std::string& name) override;
  void wipe(const std::string& name) override;
  void wait(std::chrono::milliseconds time) override;

 private:
  PeerUrls peer_urls(const std::string& name) override;
  std::unique_ptr<etcd::Client> client(const std::string& name) override;

  RealCluster cluster_;
};

class FakeParty : public ClientParty {
 public:
  FakeParty();
  void stop(const std::string& name) override;
  void start(const std::string& name) override;
  void wipe(const std::string& name) override;
  void wait(std::chrono::milliseconds time) override;

 private:
  PeerUrls peer_urls(const std::string& name) override;
  std::unique_ptr<etcd::Client> client(const std::string& name) override;

  FakeCluster cluster_;
};

class ModelParty : public Party {
 public:
  ModelParty();
  void stop(const std::string& name) override;
  void start(const std::string& name) override;
  void wipe(const std::string& name) override;
  void wait(std::chrono::milliseconds time) override;
  bool serves(const std::string& name) override;

  /// Its member has started once, and the node has no data.
  bool has_forgotten(const std::string& name);
  [[nodiscard]] Membership membership() const { return model_.membership(); }

 private:
  PeerUrls peer_urls(const std::string& name) override;
  MemberList list() override;
  std::string leader_of(const std::string& name) override;
  bool add_learner(const std::string& url) override;
  bool remove_member(const std::string& id) override;
  bool promote_member(const Member& member) override;
  bool update_member(const std::string& id, const std::string& url) override;
  bool move_leader_to(const std::string& id) override;
  bool permits(const Operation& operation, const std::optional<Outcome>& without_change);

  ClusterModel model_;
};

}  // namespace quorate::test
