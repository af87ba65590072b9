// SPDX-License-Identifier: Apache-2.0
// Runs that die at each change that they make, with the real engine, lease and journal, the model of a cluster, and a real disk:
// they are gone on with, or abandoned, by another workstation, which knows only what the nodes show.
#include <algorithm>
#include <iostream>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "engine/execute.h"
#include "plans/lookup.h"
#include "plans/plan.h"
#include "plans/plan_text.h"
#include "tests/engine/model_world.h"
#include "tests/plans/support/cluster_script.h"
#include "tests/support/program.h"

namespace quorate::test {
namespace {

class Quiet : public Progress {
 public:
  void step_started(const std::string& /*id*/, int /*total*/, const std::string& /*title*/) override {}
  void waiting(const std::string& what) override { throw std::runtime_error("it waits for: " + what); }
  void step_ended(const std::string& /*id*/, bool /*done*/, const std::string& /*detail*/) override {}
  void note(const std::string& /*text*/) override {}
};

struct Scenario {
  std::string name;
  std::vector<std::string> lines;
};

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"lost data", {"node3 wiped"}},
      {"data of a removed member", {"node3 data removed"}},
      {"an older copy", {"node3 data stale"}},
      {"damaged data on two of five", {"spec node1 node2 node3 node4 node5", "node2 data damaged", "node4 wiped"}},
      {"a lost node", {"node3 silent", "intent --lost node3"}},
      {"a leader that is replaced", {"intent --replace node1"}},
      {"a learner that was left", {"node3 learner"}},
      {"an unstarted learner", {"node3 learner unstarted", "node3 manifest parked"}},
      {"all stopped", {"node1 manifest parked", "node2 manifest parked", "node3 manifest parked"}},
      {"a second manifest", {"node2 manifest duplicated"}},
      {"a data directory of another user",
       {"node2 owner 1000:1000", "node2 failing cannot access data directory: permission denied"}},
      {"another cluster's data", {"node2 data foreign"}},
      {"an etcd of its own", {"node3 stray"}},
      {"a copy of another's data", {"node3 data of node2", "node3 stopped"}},
      {"two of five lost",
       {"spec node1 node2 node3 node4 node5", "node4 silent", "node5 silent", "intent --lost node4", "intent --lost node5"}},
      {"two of five without data", {"spec node1 node2 node3 node4 node5", "node4 wiped", "node5 data removed"}},
      {"one is lost and another's data too",
       {"spec node1 node2 node3 node4 node5", "node4 silent", "intent --lost node4", "node5 wiped"}},
      {"a member that the spec has not", {"member 9999000000000009 at https://10.20.30.109:2380 live"}},
      {"a store that differs", {"node1 alarm CORRUPT", "node2 alarm CORRUPT", "node3 alarm CORRUPT", "node3 hash 78"}},
      {"a full store", {"node1 alarm NOSPACE", "node2 alarm NOSPACE", "node3 alarm NOSPACE"}},
      {"a restore of all", {"node1 tool etcdutl 3.5.16", "node2 tool etcdutl 3.5.16", "node3 tool etcdutl 3.5.16", "restore all"}},
      {"a restore that the others join", {"node2 tool etcdutl 3.5.16", "restore seed node2"}},
      {"a restore of five",
       {"spec node1 node2 node3 node4 node5", "node1 tool etcdutl 3.5.16", "node2 tool etcdutl 3.5.16", "node3 tool etcdutl 3.5.16",
        "node4 tool etcdutl 3.5.16", "node5 tool etcdutl 3.5.16", "restore all"}},
      {"a restore where all is stopped",
       {"node1 manifest parked", "node2 manifest parked", "node3 manifest parked", "node1 tool etcdutl 3.5.16",
        "node2 tool etcdutl 3.5.16", "node3 tool etcdutl 3.5.16", "restore all"}},
      {"a restore that others join, one without data", {"node1 wiped", "node2 tool etcdutl 3.5.16", "restore seed node2"}},
      {"a restore without a node that is lost",
       {"node3 silent", "intent --lost node3", "node1 tool etcdutl 3.5.16", "node2 tool etcdutl 3.5.16", "restore all"}},
  };
  return all;
}

ScriptCase script_of(const Scenario& scenario) {
  std::string text = "case " + scenario.name;
  for (const std::string& line : scenario.lines) text += "\n" + line;
  return read_script(text + "\nplan\n----\n====\n").front();
}

// One process of quorate's, on a workstation of its own.
class Workstation {
 public:
  Workstation(ModelWorld& world, Request request) : world_(world), spec_(world.cluster().spec), request_(std::move(request)) {}

  /// Plans, and carries that out. False: there is nothing to do.
  bool run() {
    const Observation seen = world_.observe();
    const RunRecord* unfinished = unfinished_run(seen);
    const Plan plan = make_plan(spec_, seen, request_);
    if (unfinished == nullptr && plan.steps().empty()) return false;
    if (!plan.refusals().empty() && plan.steps().empty()) throw std::runtime_error("refused: " + plan_text(plan, Style::plain));
    RunLease lease(world_, names(), record(plan, unfinished));
    const absl::Status taken = lease.take({.seen_runs = {plan.run_id()}}, {});
    if (!taken.ok()) throw std::runtime_error(message_of(taken));
    absl::StatusOr<Journal> journal = Journal::open(folder_.path().string(), plan.run_id());
    Quiet progress;
    const RunResult result = execute(spec_, plan, world_, *journal, lease, progress, NeverStop());
    if (!result.done) throw std::runtime_error("step " + result.step + ": " + result.detail + "\n" + plan_text(plan, Style::plain));
    lease.release();
    request_.intents.clear();
    request_.abandon = false;
    return true;
  }

 private:
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const MemberSpec& member : spec_.spec().members()) names.push_back(member.name());
    return names;
  }
  RunRecord record(const Plan& plan, const RunRecord* unfinished) const {
    RunRecord record;
    record.set_run_id(plan.run_id() + "-" + std::to_string(++processes_));
    *record.mutable_intents() = plan.intents();
    record.set_begun_as(unfinished == nullptr ? record.run_id() : begun_as(*unfinished));
    record.set_abandoning(plan.abandoning());
    if (unfinished != nullptr) {
      keep_approved(*unfinished, record);
      return record;
    }
    add_approved(plan, record);
    return record;
  }

  inline static unsigned processes_ = 0;
  ModelWorld& world_;
  Spec spec_;
  Request request_;
  TemporaryDirectory folder_;
};

// It may take a repair, and then what waited for that.
void run_to_the_end(ModelWorld& world, const Request& request) {
  Workstation workstation(world, request);
  for (int plans = 0; workstation.run(); ++plans) {
    if (plans == 5) throw std::runtime_error("it goes round");
  }
}

unsigned changes_of(const ScriptCase& script) {
  ModelWorld world(script.cluster);
  world.die_at(0, false);
  Workstation(world, script.request).run();
  return world.changes();
}

void expect_the_end(const ModelWorld& world) {
  if (!world.forbidden().empty()) throw std::runtime_error("forbidden: " + world.forbidden());
  const ScriptedCluster cluster = world.cluster();
  for (const ScriptedMember& member : cluster.members) {
    if (member.learner) throw std::runtime_error("a learner is left");
  }
  const Observation seen = cluster.observe();
  for (const ScriptedNode& node : cluster.nodes) {
    // Where it died at the very end others know of that, and what is left says nothing.
    if (node.run && !has_ended(seen, *node.run)) throw std::runtime_error("a run's record is left on " + node.name);
    if (node.ssh != SshState::REACHABLE) continue;
    if (cluster.active_member(node) == nullptr) throw std::runtime_error(node.name + " is no member that serves");
    if (node.other_manifests.size() < 3) throw std::runtime_error("the control plane of " + node.name + " is parked");
  }
}

// What was asked for dies with an abandoned run, or one that was not begun; a member that is gone is not lost once more.
std::vector<Intent> losses_left(const ModelWorld& world, const ScriptCase& script) {
  std::vector<Intent> losses;
  const ScriptedCluster cluster = world.cluster();
  for (const Intent& intent : script.request.intents) {
    const bool listed = std::any_of(cluster.members.begin(), cluster.members.end(),
                                    [&](const ScriptedMember& member) { return member.name == intent.lost().name(); });
    if (listed) losses.push_back(intent);
  }
  return losses;
}

// Not where none was begun, nor without a quorum, nor once clients were let in to what was restored: then it is said, and resumed.
bool may_be_abandoned(ModelWorld& world) {
  const Observation seen = world.observe();
  if (unfinished_run(seen) == nullptr) return false;
  return make_plan(world.cluster().spec, seen, {.abandon = true}).refusals().empty();
}

void die_and_go_on(const ScriptCase& script, unsigned change, bool after, bool abandons) {
  ModelWorld world(script.cluster);
  world.die_at(change, after);
  bool died = false;
  try {
    Workstation(world, script.request).run();
  } catch (const Died&) {
    died = true;
  }
  if (!died) throw std::runtime_error("it did not die");
  world.die_at(0, false);
  // From another workstation: with the snapshot, and no word of what was asked for.
  Request request;
  request.snapshot = script.request.snapshot;
  request.abandon = abandons && may_be_abandoned(world);
  run_to_the_end(world, request);
  run_to_the_end(world, {.intents = losses_left(world, script)});
  expect_the_end(world);
}

// Each `every`th change of each scenario, another one first in each.
void die_everywhere(unsigned every) {
  std::size_t runs = 0;
  unsigned first = 1;
  for (const Scenario& scenario : scenarios()) {
    const ScriptCase script = script_of(scenario);
    const unsigned changes = changes_of(script);
    REQUIRE(changes > 4);
    for (unsigned change = first++ % every + 1; change <= changes; change += every) {
      for (const bool after : {false, true}) {
        for (const bool abandons : {false, true}) {
          INFO(scenario.name << ", change " << change << " of " << changes << (after ? ", died after" : ", died before")
                             << (abandons ? ", abandoned" : ", gone on with"));
          ++runs;
          CHECK_NOTHROW(die_and_go_on(script, change, after, abandons));
        }
      }
    }
  }
  std::cout << runs << " runs died\n";
}

TEST_CASE("a run that dies at a change, one of a sample, is gone on with or abandoned, and nothing is broken or left", "[killed]") {
  die_everywhere(9);
}

// Minutes.
TEST_CASE("a run that dies at any change is gone on with or abandoned, and nothing is broken or left", "[.][every]") {
  die_everywhere(1);
}

}  // namespace
}  // namespace quorate::test
