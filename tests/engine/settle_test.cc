// SPDX-License-Identifier: Apache-2.0
// Looking again in an election: a member that led was removed a moment ago, and the others choose.
#include "engine/settle.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace quorate {
namespace {

constexpr char cluster_id[] = "cdf818194e3a8c32";

/// Members 1 to 3 on nodes of that name. Those that answer know that leader; empty: none.
Observation look(const std::vector<std::string>& answering, const std::string& leader) {
  Observation observation;
  for (const std::string id : {"1", "2", "3"}) {
    NodeObservation& node = *observation.add_nodes();
    node.set_name(id);
    if (std::find(answering.begin(), answering.end(), id) == answering.end()) continue;
    EndpointStatus& status = *node.mutable_endpoint()->mutable_status();
    status.set_cluster_id(cluster_id);
    status.set_member_id(id);
    status.set_leader_id(leader);
    for (const std::string member : {"1", "2", "3"}) node.mutable_endpoint()->mutable_member_list()->add_members()->set_id(member);
  }
  return observation;
}

Spec three_members() {
  Spec spec;
  for (const std::string name : {"1", "2", "3"}) spec.mutable_spec()->add_members()->set_name(name);
  return spec;
}

/// Shows one look after the other, and the last one for good.
class Looks : public World {
 public:
  explicit Looks(std::vector<Observation> looks) : looks_(std::move(looks)) {}
  Observation observe() override { return looks_.at(std::min(taken_++, looks_.size() - 1)); }
  std::shared_ptr<node::Node> node(const std::string& /*name*/) override { return nullptr; }
  etcd::Client* client(const std::string& /*node*/) override { return nullptr; }
  [[nodiscard]] std::size_t taken() const { return taken_; }

 private:
  std::vector<Observation> looks_;
  std::size_t taken_ = 0;
};

TEST_CASE("what takes longer is looked at less often, and every five seconds at the least", "[settle]") {
  using std::chrono::milliseconds;
  const std::vector<std::pair<milliseconds, milliseconds>> waits = {{milliseconds(0), milliseconds(400)},
                                                                    {milliseconds(1600), milliseconds(400)},
                                                                    {milliseconds(4000), milliseconds(1000)},
                                                                    {milliseconds(20000), milliseconds(5000)},
                                                                    {milliseconds(600000), milliseconds(5000)}};
  for (const auto& [waited, pause] : waits) CHECK(pause_before_next_look(waited) == pause);
}

TEST_CASE("an election is waited for", "[settle]") {
  Looks world({look({"1", "2"}, ""), look({"1", "2"}, ""), look({"1", "2"}, "2")});
  CHECK(observe_settled(three_members(), world).nodes(0).endpoint().status().leader_id() == "2");
  CHECK(world.taken() == 3);
}

TEST_CASE("an etcd that was begun again a moment ago is waited for until it serves, has ended once more, or stays up", "[settle]") {
  constexpr std::int64_t now = 1700000000;
  const auto flapping = [](const std::string& state, std::int64_t age) {
    Observation seen = look({"1", "2"}, "1");
    seen.set_taken_at_seconds(now);
    NodeFacts& facts = *seen.mutable_nodes(2)->mutable_facts();
    facts.set_clock_skew_milliseconds(-60000);
    facts.add_containers()->set_state(state);
    facts.mutable_containers(0)->set_created_at_seconds(now - 60 - age);
    facts.add_containers()->set_state("CONTAINER_EXITED");
    return seen;
  };
  const Observation young = flapping("CONTAINER_RUNNING", 2);
  for (const Observation& settled :
       {look({"1", "2", "3"}, "1"), flapping("CONTAINER_EXITED", 3), flapping("CONTAINER_RUNNING", 10)}) {
    Looks world({young, young, settled});
    std::string waited_for;
    const auto waiting = [&](const std::string& what) { waited_for += what; };
    CHECK(observe_unflapping(three_members(), world, waiting).SerializeAsString() == settled.SerializeAsString());
    CHECK(world.taken() == 3);
    CHECK(waited_for == "etcd was begun again a moment ago on 3");
  }
}

TEST_CASE("what a look sees to have begun since the look began was begun again", "[settle]") {
  constexpr std::int64_t now = 1700000000;
  Observation seen = look({"1", "2"}, "1");
  seen.set_taken_at_seconds(now);
  NodeFacts& facts = *seen.mutable_nodes(2)->mutable_facts();
  facts.add_containers()->set_state("CONTAINER_RUNNING");
  facts.add_containers()->set_state("CONTAINER_EXITED");
  for (const auto& [age, begun_again] :
       std::vector<std::pair<int, bool>>{{-10, false}, {-4, true}, {0, true}, {9, true}, {10, false}}) {
    facts.mutable_containers(0)->set_created_at_seconds(now - age);
    CHECK(nodes_begun_again(three_members(), seen) == (begun_again ? std::vector<std::string>{"3"} : std::vector<std::string>{}));
  }
}

TEST_CASE("an etcd that is being ended to be begun again is waited for, and one that stays down is not", "[settle]") {
  Observation seen = look({"1", "2"}, "1");
  NodeFacts& facts = *seen.mutable_nodes(2)->mutable_facts();
  Container& container = *facts.add_containers();
  container.set_state("CONTAINER_RUNNING");
  facts.add_manifests();
  CHECK(nodes_begun_again(three_members(), seen).empty());
  const std::string old = "2026-12-01 01:34:39.112 N | pkg/osutil: received terminated signal, shutting down...";
  const std::string newer = R"({"level":"info","msg":"received signal; shutting down","signal":"terminated"})";
  container.add_log_tail(GENERATE_REF(old, newer));
  container.add_log_tail("2026-12-01 01:34:39.116 I | rafthttp: stopped peer 2bd415ca36e67b6");
  CHECK(nodes_begun_again(three_members(), seen) == std::vector<std::string>{"3"});
  container.set_state("CONTAINER_EXITED");
  CHECK(nodes_begun_again(three_members(), seen).empty());
}

TEST_CASE("nothing is waited for beside an etcd that was given up and runs", "[settle]") {
  constexpr std::int64_t now = 1700000000;
  Observation seen = look({"1"}, "1");
  seen.set_taken_at_seconds(now);
  NodeFacts& young = *seen.mutable_nodes(2)->mutable_facts();
  young.add_containers()->set_state("CONTAINER_RUNNING");
  young.mutable_containers(0)->set_created_at_seconds(now - 2);
  young.add_containers()->set_state("CONTAINER_EXITED");
  seen.mutable_nodes(0)->mutable_facts()->add_tombstones()->set_cluster_id("0123456789abcdef");
  NodeFacts& back = *seen.mutable_nodes(1)->mutable_facts();
  back.mutable_data_directory()->set_cluster_id("0123456789abcdef");
  CHECK(nodes_begun_again(three_members(), seen) == std::vector<std::string>{"3"});
  back.add_processes();
  CHECK(nodes_begun_again(three_members(), seen).empty());
}

TEST_CASE("an etcd whose manifest is away is waited for until the kubelet has ended it, and then an election", "[settle]") {
  Observation ending = look({"1", "2"}, "1");
  NodeFacts& facts = *ending.mutable_nodes(2)->mutable_facts();
  facts.mutable_kubelet()->set_active_state("active");
  facts.add_containers()->set_state("CONTAINER_RUNNING");
  std::string waited_for;
  const auto waiting = [&](const std::string& what) { waited_for += what; };
  // The process was looked at before the container, and has ended in between.
  Observation ended = ending;
  ended.mutable_nodes(2)->mutable_facts()->mutable_containers(0)->set_state("CONTAINER_EXITED");
  ended.mutable_nodes(2)->mutable_facts()->add_processes();
  Looks world({ending, ended, look({"1", "2"}, ""), look({"1", "2"}, "2")});
  CHECK(observe_at_rest(three_members(), world, waiting).nodes(0).endpoint().status().leader_id() == "2");
  CHECK(world.taken() == 4);
  CHECK(waited_for == "the kubelet is ending etcd on 3");
  Looks at_once({ending});
  observe_settled(three_members(), at_once);
  CHECK(at_once.taken() == 1);
  Observation wanted = ending;
  wanted.mutable_nodes(2)->mutable_facts()->add_manifests();
  Looks sound({wanted});
  observe_at_rest(three_members(), sound, waiting);
  CHECK(sound.taken() == 1);
}

TEST_CASE("a leader, or too few who answer, is what there is to see", "[settle]") {
  Looks healthy({look({"1", "2"}, "1")});
  observe_settled(three_members(), healthy);
  CHECK(healthy.taken() == 1);
  Looks lost({look({"1"}, "")});
  observe_settled(three_members(), lost);
  CHECK(lost.taken() == 1);
}

}  // namespace
}  // namespace quorate
