// SPDX-License-Identifier: Apache-2.0
// Every kind of fact: when it holds, when it does not, and when nobody can say.
#include "plans/facts.h"

#include <map>

#include <catch2/catch.hpp>

#include "tests/plans/support/cluster_script.h"

namespace quorate {
namespace {

using Lines = std::vector<std::vector<std::string>>;

const std::string manifest = std::string(manifest_folder) + "/etcd.yaml";
const std::string url3 = "https://10.20.30.103:2380";
const std::string id3 = scripted_id("node3");

// `{{"node3", "wiped"}}`: lines of a script about a cluster of three.
Holds holds(const Fact& fact, const Lines& lines) {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  for (const auto& line : lines) tell_node(cluster, line[0], {line.begin() + 1, line.end()});
  cluster.elect();
  const Observation observation = cluster.observe();
  const Verdict verdict = FactReader(cluster.spec, observation).read(fact);
  // What does not hold says what was seen instead.
  if (verdict.holds != Holds::yes) CHECK_FALSE(verdict.because.empty());
  return verdict.holds;
}

const Lines healthy = {};
const Lines silent = {{"node3", "silent"}};
const Lines stopped = {{"node3", "manifest", "parked"}};
const Lines without_quorum = {{"node2", "silent"}, {"node3", "silent"}};
const Lines learner = {{"node3", "learner"}};
const Lines wiped_and_stopped = {{"node3", "wiped"}, {"node3", "manifest", "parked"}};

template <typename Set>
Fact made(Set&& set) {
  Fact fact;
  set(fact);
  CHECK_FALSE(text_of(fact).empty());
  return fact;
}

TEST_CASE("a member is listed by its URL, role and ID", "[facts]") {
  const auto listed = [](const std::string& url, bool is_learner, const std::string& id) {
    return made([&](Fact& fact) {
      fact.mutable_member_listed()->set_peer_url(url);
      fact.mutable_member_listed()->set_learner(is_learner);
      fact.mutable_member_listed()->set_member_id(id);
    });
  };
  CHECK(holds(listed(url3, false, ""), healthy) == Holds::yes);
  CHECK(holds(listed(url3, false, id3), healthy) == Holds::yes);
  CHECK(holds(listed(url3, false, "00000000000000aa"), healthy) == Holds::no);
  CHECK(holds(listed(url3, true, ""), healthy) == Holds::no);
  CHECK(holds(listed(url3, true, ""), learner) == Holds::yes);
  CHECK(holds(listed("https://10.20.30.109:2380", false, ""), healthy) == Holds::no);
  CHECK(holds(listed(url3, false, ""), without_quorum) == Holds::unknown);
}

TEST_CASE("a member is absent only where a quorum says so", "[facts]") {
  const auto absent = made([](Fact& fact) { fact.mutable_member_absent()->set_member_id(id3); });
  CHECK(holds(absent, healthy) == Holds::no);
  CHECK(holds(absent, {{"node3", "data", "removed"}}) == Holds::yes);
  CHECK(holds(absent, without_quorum) == Holds::unknown);
  const auto by_url = made([](Fact& fact) { fact.mutable_member_absent()->set_peer_url(url3); });
  CHECK(holds(by_url, healthy) == Holds::no);
  CHECK(holds(by_url, {{"node3", "data", "removed"}}) == Holds::yes);
}

TEST_CASE("the membership is exactly what is said", "[facts]") {
  const auto is = made([](Fact& fact) {
    for (const char* url : {"https://10.20.30.101:2380", "https://10.20.30.102:2380"})
      fact.mutable_membership_is()->add_peer_urls(url);
  });
  CHECK(holds(is, healthy) == Holds::no);
  CHECK(holds(is, {{"node3", "data", "removed"}}) == Holds::yes);
  CHECK(holds(is, without_quorum) == Holds::unknown);
}

TEST_CASE("etcd is stopped where no container, process, port or manifest of it is left", "[facts]") {
  const auto fact = made([](Fact& made_fact) { made_fact.mutable_etcd_stopped()->set_node("node3"); });
  CHECK(holds(fact, healthy) == Holds::no);
  CHECK(holds(fact, stopped) == Holds::yes);
  CHECK(holds(fact, {{"node3", "wiped"}}) == Holds::no);
  CHECK(holds(fact, silent) == Holds::unknown);
}

TEST_CASE("each thing that is left of etcd keeps it from being stopped", "[facts]") {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  tell_node(cluster, "node3", {"manifest", "parked"});
  const Observation quiet = cluster.observe();
  const auto fact = made([](Fact& made_fact) { made_fact.mutable_etcd_stopped()->set_node("node3"); });
  const std::map<std::string, void (*)(NodeFacts&)> leftovers = {
      {"a container", [](NodeFacts& facts) { facts.add_containers()->set_state("CONTAINER_RUNNING"); }},
      {"a process", [](NodeFacts& facts) { facts.add_processes()->set_pid(7); }},
      {"a port", [](NodeFacts& facts) { facts.add_listeners()->set_port(2380); }},
      {"an open database", [](NodeFacts& facts) { facts.mutable_data_directory()->set_held(true); }},
      {"a manifest", [](NodeFacts& facts) { facts.add_manifests()->set_path(manifest); }},
      {"a pod that the kubelet has not let go of", [](NodeFacts& facts) { facts.add_ready_pods("7e57"); }},
  };
  CHECK(FactReader(cluster.spec, quiet).read(fact).holds == Holds::yes);
  for (const auto& [what, leave] : leftovers) {
    INFO(what);
    Observation observation = quiet;
    leave(*observation.mutable_nodes(2)->mutable_facts());
    CHECK(FactReader(cluster.spec, observation).read(fact).holds == Holds::no);
  }
  Observation without_kubelet = quiet;
  without_kubelet.mutable_nodes(2)->mutable_facts()->add_ready_pods("7e57");
  without_kubelet.mutable_nodes(2)->mutable_facts()->mutable_kubelet()->set_active_state("inactive");
  CHECK(FactReader(cluster.spec, without_kubelet).read(fact).holds == Holds::yes);
  Observation exited = quiet;
  exited.mutable_nodes(2)->mutable_facts()->add_containers()->set_state("CONTAINER_EXITED");
  CHECK(FactReader(cluster.spec, exited).read(fact).holds == Holds::yes);
}

TEST_CASE("what cannot be seen of etcd is not absent", "[facts]") {
  const auto stops = made([](Fact& fact) { fact.mutable_etcd_stopped()->set_node("node3"); });
  const auto runs = made([](Fact& fact) { fact.mutable_etcd_runs()->set_node("node3"); });
  const auto absent = made([](Fact& fact) { fact.mutable_data_absent()->set_node("node3"); });
  for (const std::string name : {"containers", "processes", "listeners"}) {
    INFO(name);
    const std::vector<std::string> unseen = {"node3", "unknown", name, "permission", "denied"};
    CHECK(holds(stops, {{"node3", "manifest", "parked"}, unseen}) == Holds::unknown);
    CHECK(holds(stops, {unseen}) == Holds::no);
  }
  const std::vector<std::string> no_containers = {"node3", "unknown", "containers", "connection", "refused"};
  CHECK(holds(runs, {{"node3", "manifest", "parked"}, no_containers}) == Holds::unknown);
  CHECK(holds(runs, {no_containers}) == Holds::yes);
  CHECK(holds(absent, {{"node3", "wiped"}, {"node3", "unknown", "data_directory.initialised", "I/O", "error"}}) == Holds::unknown);
}

TEST_CASE("what keeps etcd from serving is named by its log, and whether waiting mends it", "[facts]") {
  Fact fact;
  fact.mutable_etcd_serves()->set_node("node3");
  const auto verdict = [&](const std::vector<std::string>& words) {
    ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
    tell_node(cluster, "node3", words);
    cluster.elect();
    const Observation observation = cluster.observe();
    return FactReader(cluster.spec, observation).read(fact);
  };
  const Verdict full = verdict({"failing", "panic: create wal error: no space left on device"});
  CHECK(full.holds == Holds::no);
  CHECK(full.lasting);
  CHECK(full.because.find("create wal error: no space left on device") != std::string::npos);
  CHECK_FALSE(verdict({"failing", "E | rafthttp: the member has been permanently removed from the cluster"}).lasting);
  CHECK_FALSE(verdict({"starting"}).lasting);
}

TEST_CASE("etcd serves in the role that is said, in this cluster, with a leader", "[facts]") {
  const auto serves = [](bool is_learner) {
    return made([&](Fact& fact) {
      fact.mutable_etcd_serves()->set_node("node3");
      fact.mutable_etcd_serves()->set_learner(is_learner);
    });
  };
  CHECK(holds(serves(false), healthy) == Holds::yes);
  CHECK(holds(serves(true), healthy) == Holds::no);
  CHECK(holds(serves(true), learner) == Holds::yes);
  CHECK(holds(serves(false), stopped) == Holds::no);
  CHECK(holds(serves(false), {{"node3", "stray"}}) == Holds::no);
  CHECK(holds(serves(false), {{"node1", "silent"}, {"node2", "silent"}}) == Holds::no);
}

TEST_CASE("etcd runs where a container or a process of it is there", "[facts]") {
  const auto fact = made([](Fact& made_fact) { made_fact.mutable_etcd_runs()->set_node("node3"); });
  CHECK(holds(fact, healthy) == Holds::yes);
  CHECK(holds(fact, {{"node3", "starting"}}) == Holds::yes);
  CHECK(holds(fact, stopped) == Holds::no);
  CHECK(holds(fact, silent) == Holds::unknown);
}

TEST_CASE("a node has caught up within the entries that are said", "[facts]") {
  const auto fact = made([](Fact& made_fact) {
    made_fact.mutable_caught_up()->set_node("node3");
    made_fact.mutable_caught_up()->set_within(100);
  });
  const ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  Observation observation = cluster.observe();
  EndpointStatus& status = *observation.mutable_nodes(2)->mutable_endpoint()->mutable_status();
  status.set_raft_applied_index(cluster.raft_index - 100);
  CHECK(FactReader(cluster.spec, observation).read(fact).holds == Holds::yes);
  status.set_raft_applied_index(cluster.raft_index - 101);
  CHECK(FactReader(cluster.spec, observation).read(fact).holds == Holds::no);
  CHECK(holds(fact, stopped) == Holds::no);
}

TEST_CASE("a quorum without a member counts the other voters alone", "[facts]") {
  const auto without = [](const std::string& id) {
    return made([&](Fact& fact) { fact.mutable_quorum_without()->set_member_id(id); });
  };
  CHECK(holds(without(id3), healthy) == Holds::yes);
  CHECK(holds(without(id3), silent) == Holds::yes);
  CHECK(holds(without(scripted_id("node1")), silent) == Holds::no);
  CHECK(holds(without(id3), {{"node2", "learner"}}) == Holds::yes);
  CHECK(holds(without(""), without_quorum) == Holds::no);
  CHECK(holds(without(""), silent) == Holds::yes);
}

TEST_CASE("data is absent where the directory holds nothing at all", "[facts]") {
  const auto fact = made([](Fact& made_fact) { made_fact.mutable_data_absent()->set_node("node3"); });
  CHECK(holds(fact, healthy) == Holds::no);
  CHECK(holds(fact, wiped_and_stopped) == Holds::yes);
  CHECK(holds(fact, {{"node3", "data", "leftovers"}}) == Holds::no);
  CHECK(holds(fact, silent) == Holds::unknown);
}

TEST_CASE("data is a member's by the ID in it", "[facts]") {
  const auto fact = made([](Fact& made_fact) {
    made_fact.mutable_data_is()->set_node("node3");
    made_fact.mutable_data_is()->set_member_id(id3);
  });
  CHECK(holds(fact, healthy) == Holds::yes);
  CHECK(holds(fact, {{"node3", "data", "foreign"}}) == Holds::no);
  CHECK(holds(fact, {{"node3", "wiped"}}) == Holds::no);
  CHECK(holds(fact, silent) == Holds::unknown);
}

TEST_CASE("the owner of a data directory is read from it and from what is in it", "[facts]") {
  const auto fact = made([](Fact& made_fact) {
    made_fact.mutable_data_owner_is()->set_node("node3");
    made_fact.mutable_data_owner_is()->set_owner("1001:1001");
  });
  CHECK(holds(fact, {{"node3", "owner", "1001:1001"}}) == Holds::yes);
  CHECK(holds(fact, healthy) == Holds::no);
  CHECK(holds(fact, silent) == Holds::unknown);
}

TEST_CASE("a manifest is the planned one by its digest, and gone by its path", "[facts]") {
  ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  const Observation observation = cluster.observe();
  Fact is;
  is.mutable_manifest_is()->set_node("node3");
  is.mutable_manifest_is()->set_path(manifest);
  is.mutable_manifest_is()->set_sha256(observation.nodes(2).facts().manifests(0).sha256());
  CHECK(holds(is, healthy) == Holds::yes);
  CHECK(holds(is, {{"node3", "image", "k8s.gcr.io/etcd:3.4.9-1"}}) == Holds::no);
  CHECK(holds(is, stopped) == Holds::no);
  CHECK(holds(is, silent) == Holds::unknown);
  const auto gone = made([](Fact& fact) {
    fact.mutable_manifest_absent()->set_node("node3");
    fact.mutable_manifest_absent()->set_path(manifest);
  });
  CHECK(holds(gone, healthy) == Holds::no);
  CHECK(holds(gone, stopped) == Holds::yes);
  CHECK(holds(gone, silent) == Holds::unknown);
}

TEST_CASE("a node is silent where neither SSH nor etcd nor its port answers", "[facts]") {
  const auto fact = made([](Fact& made_fact) {
    made_fact.mutable_node_silent()->set_node("node3");
    made_fact.mutable_node_silent()->set_member_id(id3);
  });
  CHECK(holds(fact, healthy) == Holds::no);
  CHECK(holds(fact, stopped) == Holds::no);
  CHECK(holds(fact, silent) == Holds::yes);
  CHECK(holds(fact, {{"node3", "silent", "but-port-open"}}) == Holds::no);
  CHECK(holds(fact, {{"node3", "silent", "but-serving"}}) == Holds::no);
  CHECK(holds(fact, {{"node3", "barred", "host-key"}, {"node3", "manifest", "parked"}}) == Holds::no);
  const auto answers = made([](Fact& made_fact) { made_fact.mutable_node_answers()->set_node("node3"); });
  CHECK(holds(answers, healthy) == Holds::yes);
  CHECK(holds(answers, silent) == Holds::no);
}

TEST_CASE("certificates are good where they are there, in force, with their keys, and of this CA", "[facts]") {
  const auto fact = made([](Fact& made_fact) {
    made_fact.mutable_certificates_good()->set_node("node3");
    made_fact.mutable_certificates_good()->add_paths("/etc/kubernetes/pki/etcd/peer.crt");
  });
  CHECK(holds(fact, healthy) == Holds::yes);
  for (const std::string how : {"missing", "expired", "keyless", "of-another-ca"}) {
    INFO(how);
    CHECK(holds(fact, {{"node3", "certificate", "peer", how}}) == Holds::no);
  }
  CHECK(holds(fact, {{"node3", "certificate", "server", "missing"}}) == Holds::yes);
  CHECK(holds(fact, silent) == Holds::unknown);
}

TEST_CASE("the CA is there, with its key where that is needed", "[facts]") {
  const auto authority = [](bool with_key) {
    return made([&](Fact& fact) {
      fact.mutable_authority_present()->set_node("node3");
      fact.mutable_authority_present()->set_with_key(with_key);
    });
  };
  CHECK(holds(authority(true), healthy) == Holds::yes);
  CHECK(holds(authority(true), {{"node3", "authority-key", "absent"}}) == Holds::no);
  CHECK(holds(authority(false), {{"node3", "authority-key", "absent"}}) == Holds::yes);
  CHECK(holds(authority(false), {{"node3", "authority", "missing"}}) == Holds::no);
  CHECK(holds(authority(true), silent) == Holds::unknown);
}

TEST_CASE("the workstation's CA is there where it can sign", "[facts]") {
  const auto here = made([](Fact& fact) { fact.mutable_authority_present()->set_with_key(true); });
  for (const bool with_key : {true, false}) {
    ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
    cluster.spec.mutable_spec()->mutable_certificates()->set_authority("/keys/etcd");
    cluster.workstation_authority = "ca";
    cluster.workstation_key = with_key;
    CHECK(FactReader(cluster.spec, cluster.observe()).read(here).holds == (with_key ? Holds::yes : Holds::no));
  }
  CHECK(holds(here, healthy) == Holds::no);
}

TEST_CASE("leadership, voters, learners and URLs are read from the cluster that has a quorum", "[facts]") {
  const auto leads = made([](Fact& fact) { fact.mutable_leader_is_not()->set_member_id(scripted_id("node1")); });
  CHECK(holds(leads, {{"node1", "leader"}}) == Holds::no);
  CHECK(holds(leads, {{"node2", "leader"}}) == Holds::yes);
  CHECK(holds(leads, without_quorum) == Holds::unknown);
  const auto all = made([](Fact& fact) { fact.mutable_all_voters_serve(); });
  CHECK(holds(all, healthy) == Holds::yes);
  CHECK(holds(all, silent) == Holds::no);
  CHECK(holds(all, learner) == Holds::yes);
  CHECK(holds(all, without_quorum) == Holds::no);
  const auto none = made([](Fact& fact) { fact.mutable_no_learner(); });
  const auto none_but = made([](Fact& fact) { fact.mutable_no_learner()->set_except_peer_url(url3); });
  CHECK(holds(none, healthy) == Holds::yes);
  CHECK(holds(none, learner) == Holds::no);
  CHECK(holds(none_but, learner) == Holds::yes);
  CHECK(holds(none_but, {{"node2", "learner"}}) == Holds::no);
  CHECK(holds(none, without_quorum) == Holds::unknown);
  const auto listed_at = made([](Fact& fact) {
    fact.mutable_peer_url_is()->set_member_id(id3);
    fact.mutable_peer_url_is()->set_peer_url(url3);
  });
  CHECK(holds(listed_at, healthy) == Holds::yes);
  CHECK(holds(listed_at, {{"node3", "listed-at", "https://10.20.30.203:2380"}}) == Holds::no);
}

TEST_CASE("the kubelet and the API server are what the node shows", "[facts]") {
  const auto kubelet = made([](Fact& fact) { fact.mutable_kubelet_active()->set_node("node3"); });
  CHECK(holds(kubelet, healthy) == Holds::yes);
  CHECK(holds(kubelet, {{"node3", "kubelet", "failed"}}) == Holds::no);
  CHECK(holds(kubelet, silent) == Holds::unknown);
  const auto ready = made([](Fact& fact) { fact.mutable_api_server_ready()->set_node("node3"); });
  CHECK(holds(ready, healthy) == Holds::yes);
  CHECK(holds(ready, silent) == Holds::unknown);
  const ScriptedCluster cluster = healthy_cluster({"node1", "node2", "node3"});
  Observation observation = cluster.observe();
  observation.mutable_nodes(2)->mutable_facts()->set_api_server_ready(false);
  CHECK(FactReader(cluster.spec, observation).read(ready).holds == Holds::no);
}

TEST_CASE("ca.crt has the CAs that are said, in that order, and ca.key is the first one's", "[facts]") {
  const auto are = [](const std::vector<std::string>& names, bool with_key) {
    return made([&](Fact& fact) {
      fact.mutable_authorities_are()->set_node("node3");
      *fact.mutable_authorities_are()->mutable_names() = {names.begin(), names.end()};
      fact.mutable_authorities_are()->set_with_key(with_key);
    });
  };
  const Lines both = {{"node3", "authorities", "ca", "etcd-ca-2"}};
  CHECK(holds(are({"etcd-ca"}, true), healthy) == Holds::yes);
  CHECK(holds(are({"etcd-ca"}, true), {{"node3", "authority-key", "none"}}) == Holds::no);
  CHECK(holds(are({"etcd-ca"}, false), {{"node3", "authority-key", "none"}}) == Holds::yes);
  CHECK(holds(are({"etcd-ca"}, false), both) == Holds::no);
  CHECK(holds(are({"etcd-ca", "etcd-ca-2"}, false), both) == Holds::yes);
  CHECK(holds(are({"etcd-ca-2", "etcd-ca"}, false), both) == Holds::no);
  CHECK(holds(are({"etcd-ca"}, false), silent) == Holds::unknown);
}

TEST_CASE("what an etcd accepts is what its handshake says, and its ca.crt has", "[facts]") {
  const auto trusted = [](const std::vector<std::string>& names, bool no_other) {
    return made([&](Fact& fact) {
      fact.mutable_authorities_trusted()->set_node("node3");
      *fact.mutable_authorities_trusted()->mutable_names() = {names.begin(), names.end()};
      fact.mutable_authorities_trusted()->set_no_other(no_other);
    });
  };
  const Lines both = {{"node3", "authorities", "ca", "etcd-ca-2"}};
  const Lines not_restarted = {{"node3", "authorities", "ca", "etcd-ca-2"}, {"node3", "trusts", "etcd-ca"}};
  const Lines dropped_on_disk = {{"node3", "authorities", "etcd-ca-2"}, {"node3", "trusts", "etcd-ca", "etcd-ca-2"}};
  CHECK(holds(trusted({"etcd-ca-2"}, false), both) == Holds::yes);
  CHECK(holds(trusted({"etcd-ca-2"}, true), both) == Holds::no);
  CHECK(holds(trusted({"etcd-ca-2"}, false), not_restarted) == Holds::no);
  CHECK(holds(trusted({"etcd-ca-2"}, false), healthy) == Holds::no);
  CHECK(holds(trusted({"etcd-ca-2"}, true), dropped_on_disk) == Holds::no);
  CHECK(holds(trusted({"etcd-ca"}, true), healthy) == Holds::yes);
  CHECK(holds(trusted({"etcd-ca"}, false), silent) == Holds::unknown);
}

TEST_CASE("the next CA is kept aside, with its key, or none is", "[facts]") {
  const auto kept = [](const std::string& name) {
    return made([&](Fact& fact) {
      fact.mutable_next_authority_is()->set_node("node3");
      fact.mutable_next_authority_is()->set_name(name);
    });
  };
  const Lines there = {{"node3", "next-authority", "etcd-ca-2"}};
  CHECK(holds(kept("etcd-ca-2"), there) == Holds::yes);
  CHECK(holds(kept("etcd-ca-3"), there) == Holds::no);
  CHECK(holds(kept(""), there) == Holds::no);
  CHECK(holds(kept(""), healthy) == Holds::yes);
  CHECK(holds(kept("etcd-ca-2"), healthy) == Holds::no);
  CHECK(holds(kept(""), silent) == Holds::unknown);
}

TEST_CASE("a fact of no kind is never taken to hold", "[facts]") { CHECK(holds(Fact(), healthy) == Holds::unknown); }

}  // namespace
}  // namespace quorate
