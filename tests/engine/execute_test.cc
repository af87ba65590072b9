// SPDX-License-Identifier: Apache-2.0
// The order in which a run does what a plan says, on nodes in memory.
#include "engine/execute.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/fake_node.h"
#include "tests/support/program.h"

namespace quorate {
namespace {

constexpr char manifest[] = "/etc/kubernetes/manifests/etcd.yaml";

class Quiet : public Progress {
 public:
  void step_started(const std::string& /*id*/, int /*total*/, const std::string& /*title*/) override {}
  void waiting(const std::string& /*what*/) override {}
  void step_ended(const std::string& /*id*/, bool /*done*/, const std::string& /*detail*/) override {}
  void note(const std::string& /*text*/) override {}
};

/// Nodes n1, n2, n3, whose etcd goes on for a look after its manifest went. It notes which etcds ran when a manifest went.
class StoppingWorld : public World {
 public:
  explicit StoppingWorld(std::string leader) : leader_(std::move(leader)) {
    for (const char* name : {"n1", "n2", "n3"}) {
      nodes_[name] = std::make_shared<StoppingNode>(name, *this);
      nodes_[name]->write_file(manifest, "etcd's");
      running_.insert(name);
    }
  }

  Observation observe() override {
    Observation observation;
    for (const auto& [name, node] : nodes_) {
      NodeObservation& seen = *observation.add_nodes();
      seen.set_name(name);
      NodeFacts& facts = *seen.mutable_facts();
      if (running_.contains(name)) {
        facts.add_processes();
        seen.mutable_endpoint()->mutable_status()->set_member_id(name);
        seen.mutable_endpoint()->mutable_status()->set_leader_id(leader_);
      }
      if (node->exists(manifest)) {
        facts.add_manifests();
      } else {
        running_.erase(name);
      }
    }
    return observation;
  }
  std::shared_ptr<node::Node> node(const std::string& name) override { return nodes_.at(name); }
  etcd::Client* client(const std::string& /*node*/) override { return nullptr; }

  /// Those that ran when this node's manifest went.
  [[nodiscard]] const std::set<std::string>& running_at_stop_of(const std::string& name) const { return at_stop_.at(name); }
  [[nodiscard]] const test::FakeNode& node_at(const std::string& name) const { return *nodes_.at(name); }
  [[nodiscard]] bool was_asked(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return at_stop_.contains(name);
  }
  /// Its manifest cannot be moved for now.
  void refuse(const std::string& name) { refuses_.insert(name); }

 private:
  class StoppingNode : public test::FakeNode {
   public:
    StoppingNode(const std::string& name, StoppingWorld& world) : FakeNode(name), name_(name), world_(world) {}
    Outcome move_path(const node::Lease& lease, const MovePath& move, node::Deadline deadline) override {
      {
        const std::lock_guard lock(world_.mutex_);
        world_.at_stop_[name_] = world_.running_;
      }
      if (world_.refuses_.contains(name_)) return Outcome::not_yet("not now");
      return FakeNode::move_path(lease, move, deadline);
    }

   private:
    std::string name_;
    StoppingWorld& world_;
  };

  std::string leader_;
  std::map<std::string, std::shared_ptr<StoppingNode>> nodes_;
  std::mutex mutex_;
  std::set<std::string> running_;
  std::map<std::string, std::set<std::string>> at_stop_;
  std::set<std::string> refuses_;
};

Plan stop_all(bool leader_last) {
  Plan plan;
  plan.set_run_id("0123456789ab");
  Step& step = *plan.add_steps();
  step.set_id("1");
  step.set_nodes_at_once(true);
  step.set_leader_last(leader_last);
  step.set_check_seconds(20);
  for (const char* name : {"n1", "n2", "n3"}) {
    MovePath& move = *step.add_operations()->mutable_move_path();
    move.set_node(name);
    move.set_from(manifest);
    move.set_to("/var/lib/quorate/0123456789ab/etcd.yaml");
    step.add_checks()->mutable_etcd_stopped()->set_node(name);
  }
  return plan;
}

RunResult run(StoppingWorld& world, const Plan& plan, const StopRequest& stop = NeverStop()) {
  const test::TemporaryDirectory folder;
  absl::StatusOr<Journal> journal = Journal::open(folder.path().string(), plan.run_id());
  REQUIRE(journal.ok());
  RunRecord record;
  record.set_run_id(plan.run_id());
  RunLease lease(world, {"n1", "n2", "n3"}, record);
  REQUIRE(lease.take({}, {}).ok());
  Quiet progress;
  return execute(Spec(), plan, world, *journal, lease, progress, stop);
}

// Ctrl-C, as soon as that node's manifest is gone.
class StopOnceGone : public StopRequest {
 public:
  StopOnceGone(const StoppingWorld& world, std::string node) : world_(world), node_(std::move(node)) {}
  [[nodiscard]] bool stop_requested() const override { return !world_.node_at(node_).exists(manifest); }

 private:
  const StoppingWorld& world_;
  std::string node_;
};

TEST_CASE("where the leader is to stop last, it goes on until every other etcd is seen to have stopped", "[execute]") {
  for (const std::string leader : {"n1", "n2", "n3"}) {
    INFO("leader " << leader);
    StoppingWorld world(leader);
    const RunResult result = run(world, stop_all(true));
    INFO(result.detail);
    CHECK(result.done);
    CHECK(world.running_at_stop_of(leader) == std::set<std::string>{leader});
    for (const std::string other : {"n1", "n2", "n3"}) {
      if (other != leader) CHECK(world.running_at_stop_of(other).size() == 3);
    }
  }
}

// n1 is stopped, and then n2 where the etcd of `runs` still does.
Plan stop_two(const std::string& runs) {
  Plan plan;
  plan.set_run_id("0123456789ab");
  for (const std::string node : {"n1", "n2"}) {
    Step& step = *plan.add_steps();
    step.set_id(std::to_string(plan.steps_size()));
    step.set_check_seconds(20);
    MovePath& move = *step.add_operations()->mutable_move_path();
    move.set_node(node);
    move.set_from(manifest);
    move.set_to("/var/lib/quorate/0123456789ab/etcd.yaml");
    step.add_checks()->mutable_etcd_stopped()->set_node(node);
  }
  plan.mutable_steps(1)->add_guards()->mutable_etcd_runs()->set_node(runs);
  return plan;
}

TEST_CASE("a guard is read at its step's turn: what a step before has broken keeps the next one from anything", "[execute]") {
  StoppingWorld world("n3");
  const RunResult kept = run(world, stop_two("n1"));
  CHECK_FALSE(kept.done);
  CHECK(kept.step == "2");
  CHECK_FALSE(world.node_at("n1").exists(manifest));
  CHECK(world.node_at("n2").exists(manifest));
  StoppingWorld other("n3");
  CHECK(run(other, stop_two("n3")).done);
  CHECK_FALSE(other.node_at("n2").exists(manifest));
}

TEST_CASE("Ctrl-C lets the step in hand be finished, with all its operations and what they are to show, and begins no other",
          "[execute]") {
  StoppingWorld world("n3");
  Plan plan = stop_two("n3");
  MovePath& also = *plan.mutable_steps(0)->add_operations()->mutable_move_path();
  also = plan.steps(0).operations(0).move_path();
  also.set_node("n3");
  const RunResult stopped = run(world, plan, StopOnceGone(world, "n1"));
  CHECK_FALSE(stopped.done);
  CHECK(stopped.changed);
  CHECK_FALSE(stopped.certain);
  CHECK(stopped.step == "2");
  CHECK_FALSE(stopped.acted);
  CHECK_FALSE(world.node_at("n3").exists(manifest));
  CHECK(world.node_at("n2").exists(manifest));
}

TEST_CASE("what nodes do at once all of them finish where Ctrl-C comes in the middle", "[execute]") {
  for (const std::string first : {"n1", "n2", "n3"}) {
    StoppingWorld world("n2");
    Plan plan = stop_all(GENERATE(true, false));
    CHECK(run(world, plan, StopOnceGone(world, first)).done);
    for (const char* name : {"n1", "n2", "n3"}) CHECK_FALSE(world.node_at(name).exists(manifest));
  }
}

TEST_CASE("what was done, and does not show, Ctrl-C ends the wait for after half a minute", "[execute]") {
  StoppingWorld world("n3");
  Plan plan = stop_two("n3");
  plan.mutable_steps(0)->set_check_seconds(600);
  plan.mutable_steps(0)->add_checks()->mutable_etcd_stopped()->set_node("n3");
  const RunResult stopped = run(world, plan, StopOnceGone(world, "n1"));
  CHECK(stopped.step == "1");
  CHECK(stopped.acted);
  CHECK_FALSE(stopped.certain);
  CHECK(stopped.detail.find("interrupted") != std::string::npos);
}

TEST_CASE("Ctrl-C before anything was begun leaves everything as it is", "[execute]") {
  StoppingWorld world("n2");
  StoppingWorld elsewhere("n2");
  REQUIRE(run(elsewhere, stop_two("n3")).done);
  const RunResult stopped = run(world, stop_two("n3"), StopOnceGone(elsewhere, "n1"));
  CHECK_FALSE(stopped.done);
  CHECK_FALSE(stopped.changed);
  CHECK(world.node_at("n1").exists(manifest));
}

// Ctrl-C, as soon as that node was asked.
class StopOnceAsked : public StopRequest {
 public:
  StopOnceAsked(StoppingWorld& world, std::string node) : world_(world), node_(std::move(node)) {}
  [[nodiscard]] bool stop_requested() const override { return world_.was_asked(node_); }

 private:
  StoppingWorld& world_;
  std::string node_;
};

TEST_CASE("what is refused for now has changed nothing where Ctrl-C ends it", "[execute]") {
  StoppingWorld world("n3");
  world.refuse("n1");
  const RunResult first = run(world, stop_two("n3"), StopOnceAsked(world, "n1"));
  CHECK(first.step == "1");
  CHECK_FALSE(first.changed);
  CHECK_FALSE(first.acted);
  StoppingWorld other("n3");
  other.refuse("n2");
  const RunResult second = run(other, stop_two("n3"), StopOnceAsked(other, "n2"));
  CHECK(second.step == "2");
  CHECK(second.changed);
  CHECK_FALSE(second.acted);
}

TEST_CASE("where none leads, or none is to wait, all stop at once", "[execute]") {
  const bool leader_last = GENERATE(true, false);
  StoppingWorld world(leader_last ? "" : "n2");
  CHECK(run(world, stop_all(leader_last)).done);
  for (const char* name : {"n1", "n2", "n3"}) CHECK(world.running_at_stop_of(name).size() == 3);
}

}  // namespace
}  // namespace quorate
