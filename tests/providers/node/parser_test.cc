// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "providers/node/probe_parser.h"
#include "schemas/json.h"
#include "tests/providers/node/answer_builder.h"
#include "tests/support/fake_node.h"

namespace quorate::test {
namespace {

NodeFacts facts_of(const AnswerBuilder& answer, const node::ProbeTimes& times = {}) {
  const auto probe = node::parse_probe(answer.text(), times);
  INFO(message_of(probe.status()));
  REQUIRE(probe.ok());
  return probe->facts;
}

std::string reason_of(const NodeFacts& facts, const std::string& fact) {
  for (const Unknown& unknown : facts.unknowns()) {
    if (unknown.fact() == fact) return unknown.reason();
  }
  return "";
}

TEST_CASE("what the probe did not say is unknown, and what it could not say has its reason") {
  const NodeFacts facts = facts_of(AnswerBuilder().add("unknown", "containers\ncrictl did not answer within 3 seconds"));
  CHECK(reason_of(facts, "containers") == "crictl did not answer within 3 seconds");
  for (const char* fact : {"hostname", "addresses", "listeners", "processes", "manifests", "data_directory", "certificates",
                           "tools", "run", "images", "kubelet.active_state", "clock_skew_milliseconds"}) {
    INFO(fact);
    CHECK(reason_of(facts, fact) == "the probe did not say");
  }
}

TEST_CASE("the clock's skew is between the workstation's two times") {
  const auto skew = [](const char* first, const char* last) {
    return facts_of(AnswerBuilder().add("clock", first).add("clock", last), {1000000, 1000400}).clock_skew_milliseconds();
  };
  CHECK(skew("1000.100000000", "1000.300000000") == 0);
  CHECK(skew("1060.100000000", "1060.300000000") == 60000);
  CHECK(skew("940.100000000", "940.300000000") == -60000);
  // A `date` without nanoseconds.
  CHECK(skew("1000.N", "1000.N") == 300);
}

TEST_CASE("addresses and listeners are read from the kernel's tables") {
  const NodeFacts facts =
      facts_of(AnswerBuilder()
                   .add("addresses-4",
                        "           |-- 127.0.0.1\n              /32 host LOCAL\n           |-- 10.20.30.101\n"
                        "              /32 host LOCAL\n           |-- 10.20.30.101\n              /32 host LOCAL")
                   .add("addresses-6",
                        "00000000000000000000000000000001 01 80 10 80       lo\n"
                        "fd000000000000000000000000000002 04 40 00 82     eth0\n"
                        "fe8000000000000000fc00fffe000001 04 40 20 80     eth0")
                   .add("listeners",
                        "   0: 0100007F:094B 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1066\n"
                        "   1: 651E140A:094C 00000000:0000 0A 0\n   2: 00000000:0016 00000000:0000 0A 0\n"
                        "   3: 000000FD000000000000000002000000:094D 00000000000000000000000000000000:0000 0A 0"));
  REQUIRE(facts.addresses_size() == 2);
  CHECK(facts.addresses(0) == "10.20.30.101");
  CHECK(facts.addresses(1) == "fd00::2");
  REQUIRE(facts.listeners_size() == 3);
  CHECK(facts.listeners(0).address() == "127.0.0.1");
  CHECK(facts.listeners(0).port() == 2379);
  CHECK(facts.listeners(1).address() == "10.20.30.101");
  CHECK(facts.listeners(2).address() == "fd00::2");
}

TEST_CASE("a port that only the manifest names is etcd's too") {
  std::string manifest = test_data("etcd.yaml");
  manifest.replace(manifest.find("http://127.0.0.1:2381"), 21, "http://127.0.0.1:9381");
  const NodeFacts facts = facts_of(AnswerBuilder()
                                       .add_file("manifest", "/etc/kubernetes/manifests/etcd.yaml", manifest)
                                       .add("listeners", "   0: 0100007F:24A5 00000000:0000 0A 0"));
  REQUIRE(facts.listeners_size() == 1);
  CHECK(facts.listeners(0).port() == 9381);
}

TEST_CASE("files in the manifest directory are told apart") {
  const std::string directory = "/etc/kubernetes/manifests/";
  const NodeFacts facts =
      facts_of(AnswerBuilder()
                   .add_file("manifest", directory + "etcd.yaml", test_data("etcd.yaml"))
                   .add_file("manifest", directory + "etcd.yaml.bak", test_data("etcd.yaml"))
                   .add_file("manifest", directory + "kube-apiserver.yaml",
                             "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver, namespace: kube-system}\n"
                             "spec: {containers: [{name: kube-apiserver, command: [kube-apiserver, "
                             "--etcd-servers=https://127.0.0.1:2379]}]}\n")
                   .add_file("manifest", directory + "etcd-notes.txt", "{ remember to mend it")
                   // an API server's that only the kubelet can read is not etcd's to move, though it speaks of etcd
                   .add_file("manifest", directory + "apiserver.yaml", "{ --etcd-servers")
                   .add_file("manifest", directory + "other.txt", "{ unreadable")
                   .add("manifest", "0:0 600 1 300000 too-large 40\n/etc/kubernetes/manifests/huge-etcd.yaml\n")
                   .add("manifests-end", ""));
  REQUIRE(facts.manifests_size() == 4);
  CHECK(facts.manifests(0).content() == test_data("etcd.yaml"));
  CHECK(facts.manifests(0).mode() == "600");
  CHECK(facts.manifests(0).sha256().size() == 64);
  CHECK(facts.manifests(1).path() == directory + "etcd.yaml.bak");
  CHECK(facts.manifests(2).problem() != "");
  CHECK(facts.manifests(2).content() == "");
  CHECK(facts.manifests(3).problem() == "it is too large: 300000 bytes");
  CHECK(facts.other_manifest_names_size() == 3);
  CHECK(facts.api_server_manifest_present());
}

TEST_CASE("the data directory is described, and its identity read") {
  const NodeFacts facts = facts_of(AnswerBuilder()
                                       .add("data-directory", "/var/lib/etcd")
                                       .add("data-state", "present 0:0 700 1000:1000 yes no")
                                       .add("data-space", "100 -")
                                       .add("data-entry", "member")
                                       .add("set-aside", "1800000000 yes no - -\n/var/lib/etcd/.quorate-1")
                                       .add("newest-wal", "0000000000000000-0000000000000000.wal")
                                       .add("newest-snapshot", "")
                                       .add("wal-head", "hex " + in_hex(FakeNode::wal_head("0a", "0b"))));
  const DataDirectory& data = facts.data_directory();
  CHECK(data.exists());
  CHECK(data.mount_point());
  CHECK_FALSE(data.held());
  CHECK(data.initialised());
  CHECK(data.member_owner() == "1000:1000");
  CHECK(data.used_bytes() == 102400);
  CHECK_FALSE(data.has_free_bytes());
  CHECK(data.unknowns(0).fact() == "free_bytes");
  CHECK(data.member_id() == "000000000000000a");
  CHECK(data.cluster_id() == "000000000000000b");
  CHECK(facts.set_asides(0).path() == "/var/lib/etcd/.quorate-1");
}

TEST_CASE("of a data directory that is not there the room for it is known") {
  const NodeFacts facts =
      facts_of(AnswerBuilder().add("data-directory", "/var/lib/etcd").add("data-state", "absent").add("data-space", "0 2048"));
  CHECK_FALSE(facts.data_directory().exists());
  CHECK(facts.data_directory().free_bytes() == 2'097'152);
}

TEST_CASE("what takes most of a disk is read, and a part of a name with a newline is left out") {
  const NodeFacts facts = facts_of(AnswerBuilder()
                                       .add("data-directory", "/var/lib/etcd")
                                       .add("data-state", "absent")
                                       .add("data-space", "0 2048")
                                       .add("disk-use", "300\t/var\n200\t/var/log/a b\nc\n"));
  const auto& largest = facts.data_directory().largest();
  REQUIRE(largest.size() == 2);
  CHECK(largest[0].path() == "/var");
  CHECK(largest[1].path() == "/var/log/a b");
  CHECK(largest[1].bytes() == 204'800);
}

TEST_CASE("with the WAL elsewhere a data directory is not taken for empty") {
  std::string manifest = test_data("etcd.yaml");
  manifest.replace(manifest.find("    - --name=node1"), 18, "    - --wal-dir=/wal\n    - --name=node1");
  const NodeFacts facts = facts_of(AnswerBuilder()
                                       .add("data-directory", "/var/lib/etcd")
                                       .add("data-state", "present 0:0 700 0:0 no no")
                                       .add("data-space", "1 1")
                                       .add("data-entry", "member")
                                       .add_file("manifest", "/etc/kubernetes/manifests/etcd.yaml", manifest));
  CHECK(facts.data_directory().initialised());
  CHECK(facts.data_directory().unknowns(0).reason() == "the WAL is elsewhere: --wal-dir=/wal");
}

TEST_CASE("where the probe should have looked is in the manifest") {
  std::string manifest = test_data("etcd.yaml");
  const std::string host = "path: /var/lib/etcd\n";
  manifest.replace(manifest.find(host), host.size(), "path: /data/etcd\n");
  const NodeFacts facts = facts_of(AnswerBuilder()
                                       .add("data-directory", "/var/lib/etcd")
                                       .add("data-state", "absent")
                                       .add_file("manifest", "/etc/kubernetes/manifests/etcd.yaml", manifest));
  CHECK(node::directories_of(facts) == node::Directories{"/data/etcd", "/etc/kubernetes/pki/etcd"});
  CHECK(node::directories_of(NodeFacts()) == node::Directories{"", ""});
}

TEST_CASE("what an earlier run left is read, with the age of its lease by the node's clock") {
  RunRecord record;
  record.set_run_id("run-1");
  const NodeFacts facts =
      facts_of(AnswerBuilder()
                   .add("clock", "1800000042.5")
                   .add_file("run-record", "/var/lib/quorate/run.json", to_json(record, JsonForm::pretty))
                   .add_file("tombstone", "/var/lib/quorate/tombstones/8e9e05c52164694d", "restored by run 7e57\nada\n"),
               {5, 5});
  CHECK(facts.run().run_id() == "run-1");
  CHECK(facts.run().lease_age_seconds() == 42);
  CHECK(facts.tombstones(0).cluster_id() == "8e9e05c52164694d");
  CHECK(facts.tombstones(0).reason() == "restored by run 7e57");
  const NodeFacts torn = facts_of(AnswerBuilder().add_file("run-record", "/var/lib/quorate/run.json", "{ torn"));
  CHECK_FALSE(torn.has_run());
  CHECK(reason_of(torn, "run") != "");
}

TEST_CASE("bytes that are no text do no harm to the record") {
  const NodeFacts facts = facts_of(AnswerBuilder()
                                       .add("hostname", "\xff\xfe")
                                       .add("kubelet-errors", "E1123 \x80 bad\nE1123 good")
                                       .add("process", "7\netcd\n--name=\xc3")
                                       .add_file("manifest", "/m/etcd\xff.yaml", "etcd \xff"));
  NodeFacts back;
  REQUIRE(from_json(to_json(facts, JsonForm::line), &back).ok());
  CHECK(facts.manifests(0).problem() == "it is not UTF-8 text");
}

TEST_CASE("the API server's answer is a fact only where it is one") {
  CHECK(facts_of(AnswerBuilder().add("api-server-ready", "200")).api_server_ready());
  for (const char* code : {"000", "500", "503"}) {
    const NodeFacts facts = facts_of(AnswerBuilder().add("api-server-ready", code));
    CHECK(facts.has_api_server_ready());
    CHECK_FALSE(facts.api_server_ready());
  }
  CHECK_FALSE(facts_of(AnswerBuilder().add("api-server-ready", "401")).has_api_server_ready());
}

}  // namespace
}  // namespace quorate::test
