// SPDX-License-Identifier: Apache-2.0
// The same random sequences of member operations, stops, starts and wipes: the real etcd, the fake, and the model on which plans
// are tried (tests/plans/support) give the same answers, and the same members serve.
#include <algorithm>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/plans/support/cluster_model.h"
#include "tests/providers/etcd/real_cluster.h"
#include "tests/support/chance.h"
#include "tests/support/fake_etcd.h"

namespace quorate::test {
namespace {

using namespace std::chrono_literals;

// A little more than etcd's five seconds, in which a member that connected does not count yet.
constexpr auto between = 6500ms;

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = {"node1", "node2", "node3", "node4", "node5"};
  return all;
}
const std::vector<std::string> first_voters = {"node1", "node2", "node3"};

class Party {
 public:
  virtual ~Party() = default;
  /// Whether it was accepted.
  virtual bool add(const std::string& name) = 0;
  virtual bool remove(const std::string& name) = 0;
  virtual bool promote(const std::string& name) = 0;
  virtual void stop(const std::string& name) = 0;
  virtual void start(const std::string& name) = 0;
  virtual void wipe(const std::string& name) = 0;
  virtual bool serves(const std::string& name) = 0;
  virtual void wait() = 0;
};

// By what clients say, real or fake.
class ClientParty : public Party {
 public:
  bool add(const std::string& name) override {
    return ask([&](etcd::Client& client) { return client.add_learner(peer_url(name), soon()).is_done(); });
  }
  bool remove(const std::string& name) override {
    const std::string id = id_of(name);
    return ask([&](etcd::Client& client) { return !id.empty() && client.remove_member(id, soon()).is_done(); });
  }
  bool promote(const std::string& name) override {
    const std::string id = id_of(name);
    return ask([&](etcd::Client& client) { return !id.empty() && client.promote_member(id, soon()).is_done(); });
  }
  bool serves(const std::string& name) override { return client(name)->status(soon()).ok(); }

 protected:
  virtual std::string peer_url(const std::string& name) = 0;
  virtual std::unique_ptr<etcd::Client> client(const std::string& name) = 0;
  static etcd::Deadline soon() { return std::chrono::steady_clock::now() + 9s; }
  MemberList list() {
    MemberList members;
    ask([&](etcd::Client& client) {
      const auto listed = client.member_list(etcd::Consistency::serializable, soon());
      if (listed.ok()) members = *listed;
      return listed.ok();
    });
    return members;
  }

 private:
  // A voter that sees a leader; where there is none, one that does not.
  bool ask(const std::function<bool(etcd::Client&)>& question) {
    std::string asked;
    for (const std::string& name : names()) {
      const auto status = client(name)->status(soon());
      if (!status.ok() || status->learner()) continue;
      if (asked.empty() || !status->leader_id().empty()) asked = name;
      if (!status->leader_id().empty()) break;
    }
    return !asked.empty() && question(*client(asked));
  }
  std::string id_of(const std::string& name) {
    const MemberList members = list();
    for (const Member& member : members.members()) {
      if (member.peer_urls(0) == peer_url(name)) return member.id();
    }
    return "";
  }
};

class RealParty : public ClientParty {
 public:
  RealParty() : cluster_(first_voters) {}
  void stop(const std::string& name) override { cluster_.stop(name); }
  void start(const std::string& name) override { cluster_.start(name, list()); }
  void wipe(const std::string& name) override { cluster_.wipe(name); }
  void wait() override { std::this_thread::sleep_for(between); }

 private:
  std::string peer_url(const std::string& name) override { return cluster_.peer_url(name); }
  std::unique_ptr<etcd::Client> client(const std::string& name) override { return cluster_.client(name); }
  RealCluster cluster_;
};

class FakeParty : public ClientParty {
 public:
  FakeParty() : cluster_(first_voters) {}
  void stop(const std::string& name) override { cluster_.stop(name); }
  void start(const std::string& name) override { cluster_.start(name); }
  void wipe(const std::string& name) override { cluster_.wipe(name); }
  void wait() override { cluster_.advance(between); }

 private:
  std::string peer_url(const std::string& name) override { return FakeCluster::peer_url(name); }
  std::unique_ptr<etcd::Client> client(const std::string& name) override { return cluster_.client(name); }
  FakeCluster cluster_;
};

void empty(ScriptedNode& node) {
  node.data.initialised = false;
  node.data.entries.clear();
  node.data.member_id.clear();
}

ScriptedCluster three_of_five() {
  ScriptedCluster cluster = healthy_cluster(names());
  for (ScriptedNode& node : cluster.nodes) {
    if (std::find(first_voters.begin(), first_voters.end(), node.name) != first_voters.end()) continue;
    std::erase_if(cluster.members, [&](const ScriptedMember& member) { return member.name == node.name; });
    empty(node);
    node.spare_manifests.swap(node.manifests);
    node.etcd = Running::stopped;
  }
  cluster.elect();
  return cluster;
}

class ModelParty : public Party {
 public:
  ModelParty() : model_(three_of_five()) {}
  // What is so already is accepted, where a quorum can say so.
  bool add(const std::string& name) override {
    if (is_listed(name, true)) return model_.cluster().has_leader();
    Operation operation;
    operation.mutable_member_add()->set_peer_url(peer_url(name));
    return permits(operation);
  }
  bool remove(const std::string& name) override {
    Operation operation;
    for (const ScriptedMember& member : model_.cluster().members) {
      if (member.peer_url == peer_url(name)) operation.mutable_member_remove()->set_member_id(member.id);
    }
    return operation.has_member_remove() && permits(operation);
  }
  bool promote(const std::string& name) override {
    if (is_listed(name, false)) return model_.cluster().has_leader();
    Operation operation;
    operation.mutable_member_promote()->set_peer_url(peer_url(name));
    return permits(operation);
  }
  void stop(const std::string& name) override {
    ScriptedNode& node = model_.cluster().node(name);
    if (!node.manifests.empty()) node.spare_manifests.swap(node.manifests);
    node.manifests.clear();
    model_.settle();
  }
  void start(const std::string& name) override {
    const ClusterModel before = model_;
    ScriptedNode& node = model_.cluster().node(name);
    if (node.manifests.empty()) node.manifests.swap(node.spare_manifests);
    node.log.clear();
    try {
      model_.settle();
    } catch (const std::runtime_error&) {
      model_ = before;
    }
  }
  void wipe(const std::string& name) override {
    stop(name);
    ScriptedNode& node = model_.cluster().node(name);
    empty(node);
    node.log.clear();
  }
  bool serves(const std::string& name) override { return model_.cluster().active_member(model_.cluster().node(name)) != nullptr; }
  void wait() override {}

  /// Empty: there is none.
  std::string learner() {
    for (const std::string& name : names()) {
      if (is_listed(name, true)) return name;
    }
    return "";
  }
  bool would_have_forgotten(const std::string& name) {
    const ScriptedNode& node = model_.cluster().node(name);
    const auto& members = model_.cluster().members;
    return !node.data.initialised && std::any_of(members.begin(), members.end(), [&](const ScriptedMember& member) {
      return member.peer_url == peer_url(name) && !member.name.empty();
    });
  }

 private:
  bool is_listed(const std::string& name, bool learner) {
    const auto& members = model_.cluster().members;
    return std::any_of(members.begin(), members.end(), [&](const ScriptedMember& member) {
      return member.peer_url == peer_url(name) && member.learner == learner;
    });
  }
  static std::string peer_url(const std::string& name) { return "https://10.20.30.10" + name.substr(4) + ":2380"; }
  bool permits(const Operation& operation) {
    const ClusterModel before = model_;
    try {
      model_.apply(operation);
      return true;
    } catch (const std::runtime_error&) {
      model_ = before;
      return false;
    }
  }
  ClusterModel model_;
};

struct Act {
  std::string text;
  std::function<bool(Party&)> apply;
};

Act adding(const std::string& name) {
  return {"add " + name, [=](Party& party) { return party.add(name); }};
}
Act promoting(const std::string& name) {
  return {"promote " + name, [=](Party& party) { return party.promote(name); }};
}
Act starting(const std::string& name) {
  return {"start " + name, [=](Party& party) { return party.serves(name) || (party.start(name), true); }};
}

// As often as not what leads on: else most of what is tried is refused.
Act choose(Chance& chance, ModelParty& model) {
  const std::string name = names()[chance.below(names().size())];
  const std::string learner = model.learner();
  if (!learner.empty() && chance.below(2) == 0) return model.serves(learner) ? promoting(learner) : starting(learner);
  switch (chance.below(9)) {
    case 0:
    case 1:
    case 2: return adding(name);
    case 3: return {"remove " + name, [=](Party& party) { return party.remove(name); }};
    case 4: return promoting(name);
    case 5: return {"stop " + name, [=](Party& party) { return party.stop(name), true; }};
    case 6: return {"wipe " + name, [=](Party& party) { return party.wipe(name), true; }};
    default: return starting(name);
  }
}

std::string serving(Party& party) {
  std::string text;
  for (const std::string& name : names()) text += party.serves(name) ? name + " " : "";
  return text;
}

void check_sequence(std::uint64_t seed, int length) {
  RealParty real;
  FakeParty fake;
  ModelParty model;
  const std::vector<Party*> parties = {&real, &fake, &model};
  for (Party* party : parties) party->wait();
  Chance chance(seed);
  std::string story = "seed " + std::to_string(seed);
  for (int i = 0; i < length; ++i) {
    const Act act = choose(chance, model);
    // etcd takes a voter back that has forgotten what it acknowledged, or panics, as its leader happens to write to it.
    if (act.text.rfind("start", 0) == 0 && model.would_have_forgotten(act.text.substr(6))) continue;
    const bool expected = act.apply(model);
    bool accepted = act.apply(real);
    // a machine with other work takes longer until members have been connected for etcd's five seconds
    for (int more = 0; more < 3 && expected && !accepted; ++more) {
      real.wait();
      accepted = act.apply(real);
    }
    story += "\n  " + act.text + (accepted ? "" : ": refused");
    INFO(story);
    REQUIRE(act.apply(fake) == accepted);
    REQUIRE(expected == accepted);
    for (Party* party : parties) party->wait();
    story += "; serving " + serving(real);
    INFO(story);
    REQUIRE(serving(fake) == serving(real));
    REQUIRE(serving(model) == serving(real));
  }
  std::cout << story << "\n";
}

TEST_CASE("a random sequence of operations gets the same answers from etcd, from the fake and from the model", "[real]") {
  check_sequence(9, 4);
}

// A quarter of an hour, most of it etcd's own five seconds.
TEST_CASE("random sequences of operations get the same answers from etcd, from the fake and from the model", "[.][real][every]") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) check_sequence(seed, 16);
}

}  // namespace
}  // namespace quorate::test
