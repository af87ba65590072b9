// SPDX-License-Identifier: Apache-2.0
// Which hashes of stores are asked for: etcd reads its whole store for one, so none without a reason, and none twice.
#include "plans/stores.h"

#include <catch2/catch.hpp>

namespace quorate {
namespace {

NodeObservation serving(const std::string& member_id, std::int64_t revision) {
  NodeObservation node;
  EndpointStatus& status = *node.mutable_endpoint()->mutable_status();
  status.set_member_id(member_id);
  status.set_revision(revision);
  return node;
}

NodeObservation refusing_to_start() {
  NodeObservation node;
  Container& container = *node.mutable_facts()->add_containers();
  container.set_state("CONTAINER_EXITED");
  container.add_log_tail(
      R"({"level":"fatal","msg":"discovery failed","error":"b16dc34f97668c1a found data inconsistency with peers"})");
  return node;
}

void raise_corrupt(NodeObservation& node) { node.mutable_endpoint()->mutable_status()->add_errors("memberID:1 alarm:CORRUPT "); }

Observation seen(const std::vector<NodeObservation>& nodes) {
  Observation observation;
  for (const NodeObservation& node : nodes) *observation.add_nodes() = node;
  return observation;
}

HashOfStore hash(std::int64_t revision, std::int64_t compact_revision = 10) {
  HashOfStore store;
  store.set_revision(revision);
  store.set_compact_revision(compact_revision);
  store.set_hash(7);
  return store;
}

std::vector<std::string> members_of(const HashesWanted& wanted) {
  std::vector<std::string> ids;
  for (const HashesWanted::Voter& voter : wanted.voters) ids.push_back(voter.member_id);
  return ids;
}

TEST_CASE("no store is read while nothing is in doubt") {
  CHECK(hashes_wanted(seen({serving("a", 100), serving("b", 100), {}}), {}).voters.empty());
}

TEST_CASE("under the alarm CORRUPT every voter that answers is read at the newest revision that all have") {
  NodeObservation learner = serving("learner", 3);
  learner.mutable_endpoint()->mutable_status()->set_learner(true);
  NodeObservation first = serving("a", 102);
  raise_corrupt(first);
  const HashesWanted wanted = hashes_wanted(seen({{}, first, learner, serving("b", 100)}), {});
  CHECK(members_of(wanted) == std::vector<std::string>{"a", "b"});
  CHECK(wanted.voters[0].node == 1);
  CHECK(wanted.voters[1].node == 3);
  CHECK(wanted.revision == 100);
  CHECK_FALSE(wanted.of_all);
}

TEST_CASE("what stores were before the alarm CORRUPT says nothing of what they are under it") {
  NodeObservation first = serving("a", 100);
  raise_corrupt(first);
  const ToldHashes told = {{{"a", 90}, hash(90)}, {{"b", 90}, hash(90)}};
  CHECK(hashes_wanted(seen({first, serving("b", 100)}), told).revision == 100);
}

TEST_CASE("where etcd refuses to start somewhere the others are read once, all of them, however many writes follow") {
  const auto wanted_with = [](const ToldHashes& told) {
    return hashes_wanted(seen({serving("a", 101), serving("b", 100), refusing_to_start()}), told);
  };
  struct Row {
    const char* why;
    ToldHashes told;
    std::int64_t revision;
  };
  const Row rows[] = {
      {"nobody has told", {}, 100},
      {"one has told", {{{"a", 90}, hash(90)}}, 100},
      {"both have told, twice", {{{"a", 80}, hash(80)}, {{"b", 80}, hash(80)}, {{"a", 90}, hash(90)}, {{"b", 90}, hash(90)}}, 90},
      {"another history", {{{"a", 90}, hash(90, 10)}, {{"b", 90}, hash(90, 20)}}, 100},
      {"later than one has now", {{{"a", 101}, hash(101)}, {{"b", 101}, hash(101)}}, 100},
      {"of a member that was", {{{"a", 90}, hash(90)}, {{"gone", 90}, hash(90)}}, 100},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const HashesWanted wanted = wanted_with(row.told);
    CHECK(members_of(wanted) == std::vector<std::string>{"a", "b"});
    CHECK(wanted.revision == row.revision);
    CHECK(wanted.of_all);
  }
}

}  // namespace
}  // namespace quorate
