// SPDX-License-Identifier: Apache-2.0
// Every situation of one to five nodes over the modelled conditions, with all that can be asked for, and what comes of each
// (support/state_graph.h).
#include <algorithm>
#include <functional>
#include <iostream>
#include <limits>
#include <set>

#include <catch2/catch.hpp>

#include "tests/plans/support/cluster_script.h"
#include "tests/plans/support/state_graph.h"

namespace quorate {
namespace {

const std::vector<std::string>& conditions() {
  // The commonest first.
  static const std::vector<std::string> lines = {"voter",
                                                 "silent",
                                                 "wiped",
                                                 "stopped",
                                                 "fresh",
                                                 "learner",
                                                 "learner unstarted",
                                                 "silent but-serving",
                                                 "data removed",
                                                 "data foreign",
                                                 "data damaged",
                                                 "certificate peer expired",
                                                 "manifest duplicated",
                                                 "stray",
                                                 "kubelet inactive",
                                                 "unknown containers refused"};
  return lines;
}

struct Start {
  std::vector<std::string> conditions;  // of node1, node2, ...

  [[nodiscard]] std::string script(const std::vector<std::string>& intents) const {
    std::string text = "case generated\nspec";
    for (std::size_t i = 1; i <= conditions.size(); ++i) text += " node" + std::to_string(i);
    for (std::size_t i = 1; i <= conditions.size(); ++i) {
      const std::string node = "\nnode" + std::to_string(i) + " ";
      text += node + conditions[i - 1] + node + "tool etcdutl 3.5.16";
    }
    for (const std::string& intent : intents) text += "\n" + intent;
    return text + "\nplan\n----\n====\n";
  }
};

// In the order of the conditions: any other naming of the nodes is the same situation.
void for_each_situation(std::size_t nodes, std::size_t first_conditions, const std::function<void(const Start&)>& take,
                        const std::vector<std::size_t>& chosen = {}) {
  if (chosen.size() == nodes) {
    Start start;
    std::size_t learners = 0;
    for (const std::size_t index : chosen) {
      start.conditions.push_back(conditions()[index]);
      learners += conditions()[index].rfind("learner", 0) == 0 ? 1 : 0;
    }
    // etcd has no more (--max-learners).
    if (learners <= 1) take(start);
    return;
  }
  for (std::size_t index = chosen.empty() ? 0 : chosen.back(); index < first_conditions; ++index) {
    std::vector<std::size_t> longer = chosen;
    longer.push_back(index);
    for_each_situation(nodes, first_conditions, take, longer);
  }
}

// A node of each condition stands for the others of that condition.
std::vector<std::vector<std::string>> intents_for(const Start& start) {
  std::vector<std::vector<std::string>> intents = {{}};
  std::vector<std::string> all_lost;
  for (std::size_t i = 0; i < start.conditions.size(); ++i) {
    const std::string node = "node" + std::to_string(i + 1);
    const bool repeats = i > 0 && start.conditions[i - 1] == start.conditions[i];
    if (start.conditions[i] == "silent") all_lost.push_back("intent --lost " + node);
    if (repeats) continue;
    intents.push_back({"intent --replace " + node});
    intents.push_back({"intent --replace " + node + " --with kubeadm"});
    for (std::size_t each = 1; each <= start.conditions.size(); ++each) {
      intents.back().push_back("node" + std::to_string(each) + " kubeadm v1.31.4");
    }
    if (start.conditions[i] == "silent") intents.push_back({"intent --lost " + node});
  }
  if (all_lost.size() > 1) intents.push_back(all_lost);
  for (const std::string asked : {"intent --renew-certificates etcd", "intent --renew-certificates all", "intent --rotate-ca"}) {
    intents.push_back({asked});
  }
  for (const std::string way : {"restore all", "restore seed", "recover", "recover method force-new-cluster"}) {
    intents.push_back(all_lost);
    intents.back().push_back(way);
  }
  return intents;
}

// The model knows a stray one's cluster as another's only as long as the old one is there.
bool is_modelled(const Start& start) {
  const auto& conditions = start.conditions;
  if (std::find(conditions.begin(), conditions.end(), "stray") == conditions.end()) return true;
  return conditions.size() == 1 || read_script(start.script({})).front().cluster.has_leader();
}

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

struct Extent {
  std::size_t every = 1;  // of the situations, each so many-th
  std::size_t first = 0;  // from this one on
  std::size_t first_conditions = conditions().size();
  std::size_t most_broken = any_number;
};

std::vector<Start> situations_of(std::size_t nodes, std::size_t first_conditions) {
  std::vector<Start> situations;
  for_each_situation(nodes, first_conditions, [&](const Start& start) {
    if (is_modelled(start)) situations.push_back(start);
  });
  return situations;
}

// With all that can be asked for. The conditions that nodes were in.
std::set<std::string> explore_all(std::size_t nodes, const Extent& extent) {
  StateGraph graph(extent.most_broken);
  std::set<std::string> met;
  const std::vector<Start> situations = situations_of(nodes, extent.first_conditions);
  for (std::size_t i = extent.first; i < situations.size(); i += extent.every) {
    const Start& start = situations[i];
    met.insert(start.conditions.begin(), start.conditions.end());
    for (const std::vector<std::string>& asked : intents_for(start)) {
      const std::string script = start.script(asked);
      graph.explore(read_script(script).front(), script);
    }
    if (i % 100 == 0 && i > 0) std::cout << "  so far " << graph.counts() << std::endl;
  }
  graph.expect_ends();
  std::cout << "states of " << nodes << (nodes == 1 ? " node: " : " nodes: ") << graph.counts() << std::endl;
  return met;
}

TEST_CASE("from a sample of the states of one to three nodes a run ends whatever it dies of", "[states]") {
  std::set<std::string> met = explore_all(1, {});
  met.merge(explore_all(2, {.every = 29, .first = 7}));
  met.merge(explore_all(3, {.every = 149, .first = 41, .most_broken = 1}));
  CHECK(met.size() == conditions().size());
}

TEST_CASE("from every state of one and two nodes a run ends whatever it dies of", "[.][every]") {
  explore_all(1, {});
  explore_all(2, {});
}

// Long. A run may die in every run that repairs what the one before has left, on each node by itself: of three nodes there is no
// end in sight of that, so that there one run on each way is broken off.
TEST_CASE("from every situation of three nodes a run that is broken off once ends", "[.][every]") {
  explore_all(3, {.most_broken = 1});
}
TEST_CASE("from every situation of four and five nodes in the commonest conditions a run that is broken off once ends",
          "[.][every]") {
  explore_all(4, {.first_conditions = 6, .most_broken = 1});
  explore_all(5, {.first_conditions = 6, .most_broken = 1});
}

}  // namespace
}  // namespace quorate
