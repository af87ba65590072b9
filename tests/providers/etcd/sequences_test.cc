// SPDX-License-Identifier: Apache-2.0
// The same sequences of member operations, stops, starts and wipes: the real etcd, the fake, and the model on which plans
// are tried (tests/plans/support) give the same answers, serve on the same nodes and list the same members.
#include <functional>
#include <iostream>
#include <set>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/providers/etcd/parties.h"
#include "tests/support/chance.h"

namespace quorate::test {
namespace {

using namespace std::chrono_literals;

// A little more than etcd's five seconds, in which a member that connected does not count yet.
constexpr auto until_connected = 6500ms;
constexpr auto until_applied = 1s;

struct Act {
  std::string kind;
  std::string whom;
  std::function<bool(Party&)> apply;
  std::string whose = "";
};

Act add(const std::string& name) {
  return {"add", name, [=](Party& party) { return party.add(name); }};
}
Act remove(const std::string& name) {
  return {"remove", name, [=](Party& party) { return party.remove(name); }};
}
Act promote(const std::string& name) {
  return {"promote", name, [=](Party& party) { return party.promote(name); }};
}
Act update(const std::string& name) {
  return {"update", name, [=](Party& party) { return party.update(name); }};
}
Act update_to_that_of(const std::string& name, const std::string& other) {
  return {"update", name, [=](Party& party) { return party.update_to_that_of(name, other); }, other};
}
Act move_leader(const std::string& name) {
  return {"move leader", name, [=](Party& party) { return party.move_leader(name); }};
}
Act stop(const std::string& name) {
  return {"stop", name, [=](Party& party) { return party.stop(name), true; }};
}
Act start(const std::string& name) {
  return {"start", name, [=](Party& party) { return party.start(name), true; }};
}
Act wipe(const std::string& name) {
  return {"wipe", name, [=](Party& party) { return party.wipe(name), true; }};
}

const std::set<std::string> kinds_of_request = {"add", "remove", "promote", "update", "move leader"};
const std::set<std::string> kinds_of_processes = {"remove", "stop", "start", "wipe"};

// A kind of act, and whether it was accepted.
using Answers = std::set<std::pair<std::string, bool>>;

void expect_all_accepted(const Answers& answers) {
  for (const char* kind : {"add", "remove", "promote", "update", "move leader", "stop", "start", "wipe"}) {
    INFO(kind);
    CHECK(answers.contains({kind, true}));
  }
}

void expect_all_refused(const Answers& answers) {
  for (const std::string& kind : kinds_of_request) {
    INFO(kind);
    CHECK(answers.contains({kind, false}));
  }
}

// Three clusters in step: what is done to one is done to all, and has the same answer and the same outcome.
class Sequence {
 public:
  Sequence(std::string title, Answers& answers) : story_(std::move(title)), answers_(answers) { wait(until_connected); }
  ~Sequence() { std::cout << story_ << "\n"; }
  Sequence(const Sequence&) = delete;
  Sequence& operator=(const Sequence&) = delete;

  void carry_out(const Act& act) {
    const bool expected = act.apply(model_);
    const bool accepted = apply_to_real(act, expected);
    answers_.insert({act.kind, accepted});
    story_ += "\n  " + act.kind + " " + act.whom + (act.whose.empty() ? "" : " to that of " + act.whose);
    story_ += accepted ? "" : ": refused";
    INFO(story_);
    REQUIRE(act.apply(fake_) == accepted);
    REQUIRE(expected == accepted);
    if (accepted) wait(kinds_of_processes.contains(act.kind) ? until_connected : until_applied);
    const std::string really = real_.sight();
    story_ += "; " + really;
    CHECK(fake_.sight() == really);
    REQUIRE(model_.sight() == really);
  }
  ModelParty& model() { return model_; }

 private:
  // A machine with other work takes longer until members have been connected for etcd's five seconds.
  bool apply_to_real(const Act& act, bool expected) {
    bool accepted = act.apply(real_);
    for (int more = 0; more < 3 && expected && !accepted; ++more) {
      real_.wait(until_connected);
      accepted = act.apply(real_);
    }
    return accepted;
  }
  void wait(std::chrono::milliseconds time) {
    real_.wait(time);
    fake_.wait(time);
  }

  RealParty real_;
  FakeParty fake_;
  ModelParty model_;
  std::string story_;
  Answers& answers_;
};

// etcd knows members by their IDs: of who is none nothing can be asked.
bool can_be_asked(const Act& act, ModelParty& model) {
  if (act.kind == "add" || !kinds_of_request.contains(act.kind)) return true;
  return model.listed(act.whom).has_value();
}

// What etcd answers as its leader happens to write, or by its version, is not held to.
bool is_certain(const Act& act, ModelParty& model) {
  // A voter that has forgotten what it acknowledged is taken back, or panics.
  if (act.kind == "start") return !model.has_forgotten(act.whom);
  if (act.kind == "add") return !model.membership().depends_on_version_to_add();
  // Before 3.5.31 and 3.6.12 that makes it a voter (etcd#20793).
  if (act.kind == "update") return !model.is_learner(act.whom);
  return true;
}

// Empty: there is none.
std::string learner_of(Party& party) {
  for (const std::string& name : party_nodes()) {
    if (party.is_learner(name)) return name;
  }
  return "";
}

// It would only take etcd's five seconds.
bool is_so_already(const Act& act, ModelParty& model) {
  if (act.kind == "start") return model.serves(act.whom);
  return act.kind == "stop" && !model.serves(act.whom);
}

// As often as not what leads on: else most of what is tried is refused.
Act choose(Chance& chance, ModelParty& model) {
  const std::string name = party_nodes()[chance.below(party_nodes().size())];
  const std::string learner = learner_of(model);
  if (!learner.empty() && chance.below(2) == 0) return model.serves(learner) ? promote(learner) : start(learner);
  switch (chance.below(11)) {
    case 0:
    case 1:
    case 2: return add(name);
    case 3: return remove(name);
    case 4: return promote(name);
    case 5: return stop(name);
    case 6: return wipe(name);
    case 7: return update(name);
    case 8: return move_leader(name);
    default: return start(name);
  }
}

void carry_out_random(Sequence& sequence, std::uint64_t seed, int length) {
  Chance chance(seed);
  while (length > 0) {
    const Act act = choose(chance, sequence.model());
    ModelParty& model = sequence.model();
    if (!can_be_asked(act, model) || !is_certain(act, model) || is_so_already(act, model)) continue;
    sequence.carry_out(act);
    --length;
  }
}

// Last of all: etcd 3.7.3 that is started again takes for done what of this it refused.
void end_with_refused_update(Sequence& sequence) {
  std::vector<std::string> voters;
  for (const std::string& name : party_nodes()) {
    if (sequence.model().listed(name) && !sequence.model().is_learner(name)) voters.push_back(name);
  }
  if (voters.size() > 1) sequence.carry_out(update_to_that_of(voters[0], voters[1]));
}

// A member is replaced, another changes its URL and leads, and is reached there after a restart; in between what etcd refuses.
const std::vector<Act>& every_kind() {
  static const std::vector<Act> acts = {
      stop("node3"),   remove("node2"),      add("node4"),         move_leader("node3"), wipe("node3"),        remove("node3"),
      add("node3"),    add("node4"),         promote("node3"),     start("node3"),       move_leader("node3"), promote("node3"),
      update("node2"), move_leader("node1"), move_leader("node2"), stop("node2"),        start("node2"),
  };
  return acts;
}

TEST_CASE("every kind of operation gets the same answers from etcd, from the fake and from the model", "[real]") {
  Answers answers;
  Sequence sequence("every kind, then seed 9", answers);
  for (const Act& act : every_kind()) sequence.carry_out(act);
  carry_out_random(sequence, 9, 3);
  end_with_refused_update(sequence);
  expect_all_accepted(answers);
  expect_all_refused(answers);
}

// Ten minutes, most of it etcd's own five seconds.
TEST_CASE("random sequences of operations get the same answers from etcd, from the fake and from the model", "[.][real][every]") {
  Answers answers;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Sequence sequence("seed " + std::to_string(seed), answers);
    carry_out_random(sequence, seed, 20);
    end_with_refused_update(sequence);
  }
  expect_all_accepted(answers);
}

}  // namespace
}  // namespace quorate::test
