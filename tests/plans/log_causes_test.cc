// SPDX-License-Identifier: Apache-2.0
// The texts are etcd's own, 3.4 plain and 3.5 JSON; each says why etcd does not take part.
#include "plans/log_causes.h"

#include <catch2/catch.hpp>

namespace quorate {
namespace {

struct Row {
  const char* line;
  LogCause cause;
};

const std::vector<Row>& known_lines() {
  static const std::vector<Row> rows = {
      {"2026-03-01 02:58:11.402117 E | rafthttp: the member has been permanently removed from the cluster",
       LogCause::member_removed},
      {"2026-03-01 02:58:11.402201 I | rafthttp: the data-dir used by this member must be removed.", LogCause::member_removed},
      {R"({"level":"warn","caller":"etcdserver/server.go:1148","msg":"server error","error":"the member has been permanently removed from the cluster"})",
       LogCause::member_removed},
      {"raft2026/03/01 02:58:11 tocommit(30) is out of range [lastIndex(0)]. Was the raft log corrupted, truncated, or "
       "lost?",
       LogCause::log_out_of_range},
      {"panic: tocommit(12) is out of range [lastIndex(11)]. Was the raft log corrupted, truncated, or lost?",
       LogCause::log_out_of_range},
      // What 3.7.3 ended with when a key's value was changed in its database
      {R"({"level":"fatal","caller":"etcdmain/etcd.go:157","msg":"discovery failed","error":"b16dc34f97668c1a found data inconsistency with peers"})",
       LogCause::store_differs},
      {R"({"level":"fatal","msg":"failed to read WAL, cannot be repaired","error":"walpb: crc mismatch"})", LogCause::damaged_wal},
      {"C | etcdserver: read wal error (wal: crc mismatch) and cannot be repaired", LogCause::damaged_wal},
      {"C | etcdserver: read wal error (unexpected EOF) and cannot be repaired", LogCause::damaged_wal},
      // What 3.4.23 ended with when bytes of its log were overwritten at 60 places
      {"2026-11-24 03:02:33.713056 C | etcdmain: proto: illegal wireType 7", LogCause::damaged_wal},
      {"C | etcdmain: proto: Record: wiretype end group for non-group", LogCause::damaged_wal},
      {"C | etcdmain: wal: max entry size limit exceeded", LogCause::damaged_wal},
      {"C | etcdmain: walpb: crc mismatch", LogCause::damaged_wal},
      {R"({"level":"fatal","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"proto: illegal wireType 7"})",
       LogCause::damaged_wal},
      {"error validating peerURLs {ClusterID:cdf818194e3a8c32 Members:[&{ID:8e9e05c52164694d}]}: member count is "
       "unequal",
       LogCause::join_list_wrong},
      {"error validating peerURLs {}: PeerURLs: no match found for existing member (8e9e05c52164694d, "
       "[https://10.20.30.101:2380]), last resolver error (<nil>)",
       LogCause::join_list_wrong},
      {"error validating peerURLs {}: unmatched member while checking PeerURLs", LogCause::join_list_wrong},
      {"couldn't find local name \"node3\" in the initial cluster configuration", LogCause::name_not_listed},
      {"--initial-cluster has node3=https://10.20.30.103:2380 but missing from "
       "--initial-advertise-peer-urls=https://10.20.30.203:2380 ",
       LogCause::join_list_wrong},
      {"C | etcdmain: member 9042feaf2c5d277d has already been bootstrapped", LogCause::already_bootstrapped},
      {"cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs",
       LogCause::peers_not_reached},
      {"C | etcdmain: incompatible with current running cluster", LogCause::version_mismatch},
      {"invalid downgrade; server version is lower than determined cluster version", LogCause::version_mismatch},
      {"C | etcdmain: listen tcp 10.20.30.103:2380: bind: address already in use", LogCause::port_in_use},
      {R"({"level":"info","msg":"db file is flocked by another process, or taking too long"})", LogCause::database_held},
      {R"({"level":"warn","msg":"request sent was ignored by remote peer due to cluster ID mismatch"})",
       LogCause::cluster_id_mismatch},
      {"E | rafthttp: request cluster ID mismatch (got 1 want 2)", LogCause::cluster_id_mismatch},
      {R"({"level":"warn","msg":"rejected connection on peer endpoint","error":"tls: failed to verify certificate: x509: certificate has expired or is not yet valid"})",
       LogCause::certificate},
      {R"({"level":"warn","msg":"rejected connection","error":"remote error: tls: bad certificate"})", LogCause::certificate},
      {R"({"level":"warn","msg":"prober detected unhealthy status","error":"x509: certificate signed by unknown authority"})",
       LogCause::certificate},
      {"open /etc/kubernetes/pki/etcd/peer.crt: no such file or directory", LogCause::certificate},
      {"cannot access data directory: open /var/lib/etcd/.touch: permission denied", LogCause::permission_denied},
      {"flag provided but not defined: -experimental-initial-corrupt-check", LogCause::flag_unknown},
      {"C | wal: write /var/lib/etcd/member/wal/0.tmp: no space left on device", LogCause::no_space},
  };
  return rows;
}

TEST_CASE("each of etcd's own texts names its cause", "[log]") {
  for (const Row& row : known_lines()) {
    INFO(row.line);
    const std::optional<LogFinding> found = cause_in_log({"I | etcdmain: etcd Version: 3.4.13", row.line, "I | embed: closing"});
    REQUIRE(found);
    CHECK(found->cause == row.cause);
    CHECK(found->line == row.line);
    CHECK_FALSE(found->meaning.empty());
  }
}

TEST_CASE("what a healthy or slow etcd says names no cause", "[log]") {
  const auto line = GENERATE(
      "I | embed: ready to serve client requests", "W | etcdserver: read-only range request took too long (212.3ms) to execute",
      R"({"level":"warn","msg":"apply request took too long","took":"150ms"})",
      R"({"level":"warn","msg":"slow fdatasync","took":"1.2s"})",
      "W | rafthttp: the clock difference against peer 8e9e05c52164694d is too high [4.1s > 1s]",
      R"({"level":"warn","msg":"failed to publish local member to cluster through raft","error":"etcdserver: request timed out"})",
      R"({"level":"warn","msg":"rejecting member add request; local member has not been connected to all peers"})", "");
  INFO(line);
  CHECK_FALSE(cause_in_log({line}));
}

TEST_CASE("the certain cause is named though later lines say less", "[log]") {
  const std::optional<LogFinding> found = cause_in_log(
      {"the member has been permanently removed from the cluster", "rejected connection: remote error: tls: bad certificate"});
  REQUIRE(found);
  CHECK(found->cause == LogCause::member_removed);
}

TEST_CASE("of the same cause the last line is quoted", "[log]") {
  const std::optional<LogFinding> found =
      cause_in_log({"tocommit(5) is out of range [lastIndex(4)]", "tocommit(9) is out of range [lastIndex(4)]"});
  REQUIRE(found);
  CHECK(found->line == "tocommit(9) is out of range [lastIndex(4)]");
}

// A stream that a healthy member rejects names a peer that was removed; it says nothing of the one whose log it is.
TEST_CASE("a healthy member that rejects a removed peer is not taken for the removed one", "[log]") {
  CHECK_FALSE(cause_in_log(
      {R"({"level":"warn","msg":"rejected stream from remote peer because it was removed","remote-peer-id-from":"9042feaf2c5d277d"})"}));
}

TEST_CASE("the peers with another store, and the revision that was compared, are read in each version's words") {
  const std::string plain =
      "2026-03-01 02:58:11.402117 E | etcdserver: 8e9e05c52164694d's hash 1 != 42feaf2c5d277d's hash 2 "
      "(revision 3, peer revision 3, compact revision -1)";
  const std::string json =
      R"({"msg":"found different hash values from remote peer","local-member-revision":7,"remote-peer-id":"0"})";
  const std::string slow = R"({"msg":"apply request took too long","request":"key:\"user's hash 7\" "})";
  CHECK(differing_peers_in_log({plain, slow, json}) == std::vector<std::string>{plain, json});
  CHECK(compared_revision(plain) == 3);
  CHECK(compared_revision(json) == 7);
  CHECK(!compared_revision(slow));
  // Without its leading zeros, and not as a part of another.
  CHECK(names_member(plain, "0042feaf2c5d277d"));
  CHECK(!names_member(plain, "00000000005d277d"));
  CHECK(!names_member(json, "0000000000000000"));
}

}  // namespace
}  // namespace quorate
