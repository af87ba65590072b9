// SPDX-License-Identifier: Apache-2.0
// What every Node does, the fake and the shipped scripts.
#include "tests/providers/node/contract.h"

#include <catch2/catch.hpp>

#include "schemas/digest.h"
#include "tests/support/program.h"

namespace quorate::test {
namespace {

const node::Lease ours{"run-1"};

std::unique_ptr<NodeUnderTest> leased(NodeKind kind) {
  auto under_test = make_node_under_test(kind);
  REQUIRE(under_test->node().take_lease(record_of("run-1"), {}, soon()).kind == node::LeaseResult::Kind::taken);
  return under_test;
}

// Names that a shell would like to take apart.
const std::vector<std::string> awkward_names{
    "plain", "with space", "it's", "\"quoted\"", "new\nline", "$(touch owned)", "`id`", "-rf", "--", "*", "a;b&c|d", "\\", "ünï"};

TEST_CASE("a file is put, twice, under any name") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  for (const std::string& name : awkward_names) {
    const std::string path = "/etc/kubernetes/new folder/" + name;
    for (const char* content : {"first\n", "second, without a newline"}) {
      const Outcome outcome = under_test->node().put_file(ours, file(path, content, "640"), soon());
      CHECK(outcome.detail == "");
      CHECK(outcome.is_done());
      CHECK(under_test->read(path) == content);
      CHECK(under_test->mode(path) == "640");
    }
  }
  CHECK(under_test->node().put_file(ours, file("/etc/binary", std::string("\0\xff\n\n", 4), "600"), soon()).is_done());
  CHECK(under_test->read("/etc/binary") == std::string("\0\xff\n\n", 4));
  CHECK(under_test->node().put_secret_file(ours, "/etc/key", Secret("key"), "600", soon()).is_done());
  CHECK(under_test->read("/etc/key") == "key");
  CHECK(under_test->node().put_file(ours, file("/etc/empty", "", "600"), soon()).is_done());
  CHECK(under_test->read("/etc/empty") == "");
}

TEST_CASE("a certificate and its key are put together, over what is there, and nothing is left beside them") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  const std::string folder = "/etc/kubernetes/pki/etcd's own";
  REQUIRE(under_test->node().put_file(ours, file(folder + "/server.key", "old, and readable", "644"), soon()).is_done());
  for (const char* text : {"first\n", "second, without a newline"}) {
    const Outcome outcome =
        under_test->node().put_certificate(ours, {folder + "/server.crt", text, folder + "/server.key", Secret("key")}, soon());
    CHECK(outcome.detail == "");
    CHECK(outcome.is_done());
    CHECK(under_test->read(folder + "/server.crt") == text);
    CHECK(under_test->mode(folder + "/server.crt") == "644");
    CHECK(under_test->read(folder + "/server.key") == "key");
    CHECK(under_test->mode(folder + "/server.key") == "600");
  }
  CHECK_FALSE(under_test->exists(folder + "/.quorate-pair"));
}

TEST_CASE("who could read a key can read the next one, but for everybody") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  const std::string key = "/etc/kubernetes/pki/etcd/server.key";
  for (const auto& [mode, kept] : std::vector<std::pair<std::string, std::string>>{{"640", "640"}, {"644", "600"}}) {
    PutFile before = file(key, "old", mode);
    before.set_owner("2379:2379");
    REQUIRE(under_test->node().put_file(ours, before, soon()).is_done());
    const Outcome outcome =
        under_test->node().put_certificate(ours, {"/etc/kubernetes/pki/etcd/server.crt", "c", key, Secret("new")}, soon());
    CHECK(outcome.detail == "");
    CHECK(under_test->read(key) == "new");
    CHECK(under_test->mode(key) == kept);
    CHECK(under_test->owner(key) == "2379:2379");
  }
}

TEST_CASE("a certificate and its key are two files of one folder, at plain paths") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  const auto put = [&](const std::string& certificate, const std::string& key) {
    return under_test->node().put_certificate(ours, {certificate, "c", key, Secret("k")}, soon()).kind;
  };
  CHECK(put("/etc/pki/server.crt", "/etc/server.key") == Outcome::Kind::not_done);
  CHECK(put("/etc/pki/server.crt", "/etc/pki/server.crt") == Outcome::Kind::not_done);
  CHECK(put("/etc/pki/../server.crt", "/etc/pki/../server.key") == Outcome::Kind::not_done);
  under_test->make_directory("/etc/pki/server.key");
  CHECK(put("/etc/pki/server.crt", "/etc/pki/server.key") == Outcome::Kind::not_done);
  CHECK_FALSE(under_test->exists("/etc/pki/server.crt"));
}

TEST_CASE("a path that is not plain is refused") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  for (const char* path : {"", "relative", "/etc/../etc/x", "/etc//x", "/etc/x/", "/"}) {
    CHECK(under_test->node().put_file(ours, file(path, "x", "600"), soon()).kind == Outcome::Kind::not_done);
  }
  under_test->make_directory("/etc/folder");
  CHECK(under_test->node().put_file(ours, file("/etc/folder", "x", "600"), soon()).kind == Outcome::Kind::not_done);
}

PutSnapshot snapshot_of(const std::string& source, const std::string& database, const std::string& trailer) {
  PutSnapshot message;
  message.set_source(source);
  message.set_path("/var/lib/etcd/.quorate-1-restore/snapshot.db");
  message.set_bytes(database.size() + trailer.size());
  message.set_sha256(sha256_hex(database));
  message.set_without_trailer(trailer.empty());
  return message;
}

TEST_CASE("a snapshot is there once it is proven, and is seen so") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  const TemporaryDirectory files;
  const std::string database(300000, 'd');
  const std::string trailer = GENERATE(std::string(), std::string(32, 't'));
  const PutSnapshot put = snapshot_of(write_file(files.path() / "s.db", database + trailer), database, trailer);
  CHECK(under_test->node().put_snapshot(ours, put, soon()).detail == "");
  CHECK(under_test->read(put.path()) == database + trailer);
  CHECK(under_test->node().put_snapshot(ours, put, soon()).is_done());
  const auto probe = under_test->node().probe(soon());
  REQUIRE(probe.ok());
  REQUIRE(probe->facts.set_asides_size() == 1);
  CHECK(probe->facts.set_asides(0).snapshot_bytes() == put.bytes());
  CHECK(probe->facts.set_asides(0).snapshot_sha256() == put.sha256());
  CHECK_FALSE(probe->facts.set_asides(0).holds_restored());
}

TEST_CASE("a snapshot that arrives otherwise than it was sent is not there") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  const TemporaryDirectory files;
  const std::string trailer(32, 't');
  const std::string path = write_file(files.path() / "s.db", std::string(3000, 'd') + trailer);
  const PutSnapshot flipped = snapshot_of(path, std::string(3000, 'e'), trailer);
  CHECK_THAT(under_test->node().put_snapshot(ours, flipped, soon()).detail, Catch::Contains("damaged"));
  const PutSnapshot cut = snapshot_of(path, std::string(4000, 'd'), trailer);
  CHECK_THAT(under_test->node().put_snapshot(ours, cut, soon()).detail, Catch::Contains("did not arrive whole"));
  CHECK_FALSE(under_test->exists(cut.path()));
  const PutSnapshot missing = snapshot_of("/nowhere/s.db", "d", trailer);
  CHECK(under_test->node().put_snapshot(ours, missing, soon()).kind == Outcome::Kind::not_done);
}

RestoreSnapshot restore_of(const std::string& snapshot) {
  RestoreSnapshot message;
  message.set_snapshot(snapshot);
  message.set_folder("/var/lib/etcd/.quorate-1-restore/new");
  message.mutable_tool()->set_name("etcdctl");
  message.mutable_tool()->set_path("/usr/local/bin/etcdctl");
  message.set_name("node1");
  message.set_initial_cluster("node1=https://127.0.50.1:2380");
  message.set_token("token");
  message.set_peer_url("https://127.0.50.1:2380");
  return message;
}

TEST_CASE("a restored folder has its name once it is whole") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  under_test->write("/var/lib/etcd/.quorate-1-restore/snapshot.db", "snapshot");
  under_test->add_restore_tool();
  const RestoreSnapshot restore = restore_of("/var/lib/etcd/.quorate-1-restore/snapshot.db");
  CHECK(under_test->node().restore_snapshot(ours, restore, soon()).detail == "");
  CHECK(under_test->exists(restore.folder() + "/member/wal"));
  CHECK(under_test->node().restore_snapshot(ours, restore, soon()).is_done());
  const auto probe = under_test->node().probe(soon());
  REQUIRE(probe.ok());
  REQUIRE(probe->facts.set_asides_size() == 1);
  CHECK(probe->facts.set_asides(0).holds_restored());
}

TEST_CASE("a restore that fails leaves no folder behind") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  under_test->add_restore_tool();
  const RestoreSnapshot missing = restore_of("/var/lib/etcd/.quorate-1-restore/none.db");
  CHECK_THAT(under_test->node().restore_snapshot(ours, missing, soon()).detail, Catch::Contains("none.db"));
  under_test->write("/var/lib/etcd/.quorate-1-restore/snapshot.db", "snapshot");
  RestoreSnapshot no_tool = restore_of("/var/lib/etcd/.quorate-1-restore/snapshot.db");
  no_tool.mutable_tool()->set_name("etcdutl");
  no_tool.mutable_tool()->set_path("/usr/local/bin/etcdutl");
  CHECK_THAT(under_test->node().restore_snapshot(ours, no_tool, soon()).detail, Catch::Contains("etcdutl is not there"));
  CHECK_FALSE(under_test->exists(no_tool.folder()));
}

// SnapshotData or ForceAlone.
template <typename Message>
Message over_data(const std::string& data) {
  Message message;
  message.set_data_directory(data);
  message.set_folder("/var/lib/etcd/.quorate-1-restore");
  message.mutable_tool()->set_name("etcd");
  message.mutable_tool()->set_path("/usr/local/bin/etcd");
  message.set_name("node1");
  return message;
}

TEST_CASE("data becomes a snapshot by way of a copy, of which nothing is left, and stays as it is") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  under_test->add_etcd();
  under_test->write("/var/lib/etcd/member/wal/0.wal", "log");
  const SnapshotData snapshot = over_data<SnapshotData>("/var/lib/etcd");
  CHECK(under_test->node().snapshot_data(ours, snapshot, soon()).detail == "");
  CHECK(under_test->read(snapshot.folder() + "/saved.db") == "log");
  CHECK_FALSE(under_test->exists(snapshot.folder() + "/copy"));
  CHECK(under_test->read("/var/lib/etcd/member/wal/0.wal") == "log");
  CHECK_FALSE(under_test->exists("/var/lib/etcd/served"));
  CHECK(under_test->node().snapshot_data(ours, snapshot, soon()).is_done());
}

TEST_CASE("data that cannot be copied or served leaves neither a snapshot nor a copy") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  const SnapshotData snapshot = over_data<SnapshotData>("/var/lib/etcd");
  under_test->write("/var/lib/etcd/member/wal/0.wal", "log");
  CHECK_THAT(under_test->node().snapshot_data(ours, snapshot, soon()).detail, Catch::Contains("etcd is not there"));
  under_test->add_etcd();
  const SnapshotData missing = over_data<SnapshotData>("/var/lib/none");
  CHECK_THAT(under_test->node().snapshot_data(ours, missing, soon()).detail, Catch::Contains("cannot copy /var/lib/none/member"));
  CHECK_FALSE(under_test->exists(snapshot.folder() + "/saved.db"));
  CHECK_FALSE(under_test->exists(snapshot.folder() + "/copy"));
}

TEST_CASE("a copy of data is served once without the other members and stays, and the data stays as it is") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  const ForceAlone force = over_data<ForceAlone>("/var/lib/etcd");
  under_test->write("/var/lib/etcd/member/wal/0.wal", "log");
  CHECK_THAT(under_test->node().force_alone(ours, force, soon()).detail, Catch::Contains("etcd is not there"));
  CHECK_FALSE(under_test->exists(force.folder() + "/new"));
  under_test->add_etcd();
  CHECK_THAT(under_test->node().force_alone(ours, over_data<ForceAlone>("/var/lib/none"), soon()).detail,
             Catch::Contains("cannot copy /var/lib/none/member"));
  CHECK_FALSE(under_test->exists(force.folder() + "/new"));
  CHECK(under_test->node().force_alone(ours, force, soon()).detail == "");
  CHECK(under_test->read(force.folder() + "/new/member/wal/0.wal") == "log");
  CHECK(under_test->read("/var/lib/etcd/member/wal/0.wal") == "log");
  CHECK_FALSE(under_test->exists("/var/lib/etcd/served"));
  CHECK_FALSE(under_test->exists(force.folder() + "/new.part"));
  CHECK(under_test->node().force_alone(ours, force, soon()).is_done());
}

SaveServed save_served_to(const std::string& folder) {
  SaveServed message;
  message.set_folder(folder);
  message.mutable_tool()->set_name("etcdctl");
  message.mutable_tool()->set_path("/usr/local/bin/etcdctl");
  message.set_endpoint("https://127.0.0.1:2379");
  message.set_pki_directory("/etc/kubernetes/pki/etcd");
  message.set_holds_kubelet(true);
  return message;
}

TEST_CASE("what is served is saved once") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  const SaveServed save = save_served_to("/var/lib/etcd/.quorate-1-survivor");
  CHECK_THAT(under_test->node().save_served(ours, save, soon()).detail, Catch::Contains("etcdctl is not there"));
  CHECK_FALSE(under_test->exists(save.folder() + "/saved.db"));
  under_test->add_etcd();
  CHECK(under_test->node().save_served(ours, save, soon()).detail == "");
  CHECK(under_test->read(save.folder() + "/saved.db") == "served");
  CHECK(under_test->node().save_served(ours, save, soon()).is_done());
}

ServeRestored serve_restored_of(std::uint64_t keys) {
  ServeRestored message;
  message.set_node("node1");
  message.set_folder("/var/lib/etcd/.quorate-1-restore");
  message.mutable_tool()->set_name("etcd");
  message.mutable_tool()->set_path("/usr/local/bin/etcd");
  message.set_revision(12);
  message.set_keys(keys);
  return message;
}

TEST_CASE("what is restored is served once, and is or is not what was promised") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  under_test->add_etcd();
  under_test->make_directory("/var/lib/etcd/.quorate-1-restore/new");
  CHECK_THAT(under_test->node().serve_restored(ours, serve_restored_of(0), soon()).detail,
             Catch::Contains("etcd cannot serve what is restored"));
  under_test->write("/var/lib/etcd/.quorate-1-restore/new/member/wal/0.wal", "log");
  CHECK(under_test->node().serve_restored(ours, serve_restored_of(0), soon()).detail == "");
  CHECK_THAT(under_test->node().serve_restored(ours, serve_restored_of(3), soon()).detail,
             Catch::Contains("what is restored has 0 keys at revision 12, and not 3"));
}

TEST_CASE("a hash that is another than was promised is seen") {
  const auto under_test = leased(NodeKind::scripts);
  under_test->add_etcd();
  under_test->write("/var/lib/etcd/.quorate-1-restore/new/member/wal/0.wal", "log");
  ServeRestored serve = serve_restored_of(0);
  serve.set_hash(17);
  CHECK(under_test->node().serve_restored(ours, serve, soon()).detail == "");
  serve.set_hash(18);
  CHECK_THAT(under_test->node().serve_restored(ours, serve, soon()).detail,
             Catch::Contains("has the hash 17 at revision 12, and not 18"));
}

TEST_CASE("the kubelet is started again, also where the save fails; what a killed run has left goes once there is a newer copy") {
  const auto under_test = leased(NodeKind::scripts);
  under_test->add_etcd();
  under_test->write("/var/lib/etcd/.quorate-0-survivor/saved.db", "of a run that was killed");
  const bool fails = GENERATE(false, true);
  SaveServed save = save_served_to("/var/lib/etcd/.quorate-1-survivor");
  if (fails) save.mutable_tool()->set_path("/usr/local/bin/etcd");
  const Outcome outcome = under_test->node().save_served(ours, save, soon());
  CHECK(outcome.is_done() == !fails);
  CHECK(under_test->read("/var/lib/kubelet-calls") == "is-active -q kubelet\nstop kubelet\nstart kubelet\n");
  CHECK(under_test->exists("/var/lib/etcd/.quorate-0-survivor") == fails);
}

TEST_CASE("a file is read in parts, and who has enough of it ends that") {
  const auto under_test = make_node_under_test(GENERATE(NodeKind::fake, NodeKind::scripts));
  const std::string content(3000000, 'c');
  under_test->write("/var/lib/etcd/file", content);
  std::string read;
  const auto take = [&](std::string_view bytes) {
    read.append(bytes);
    return absl::OkStatus();
  };
  CHECK(under_test->node().read_file("/var/lib/etcd/file", take, soon()).ok());
  CHECK(read == content);
  const auto enough = [](std::string_view /*bytes*/) { return cancelled("enough"); };
  CHECK(absl::IsCancelled(under_test->node().read_file("/var/lib/etcd/file", enough, soon())));
  CHECK(absl::IsNotFound(under_test->node().read_file("/var/lib/etcd/none", take, soon())));
}

TEST_CASE("a path is moved, twice") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  for (const std::string& name : awkward_names) {
    const MovePath there = move("/etc/kubernetes/manifests/" + name, "/var/lib/quorate/run-1/" + name);
    under_test->write(there.from(), "manifest");
    CHECK(under_test->node().move_path(ours, there, soon()).detail == "");
    CHECK(under_test->node().move_path(ours, there, soon()).is_done());
    CHECK(under_test->read(there.to()) == "manifest");
    CHECK_FALSE(under_test->exists(there.from()));
  }
  SECTION("a folder") {
    under_test->write("/var/lib/etcd/member/wal/0.wal", "wal");
    CHECK(under_test->node().move_path(ours, move("/var/lib/etcd/member", "/var/lib/etcd/.quorate-1/member"), soon()).is_done());
    CHECK(under_test->read("/var/lib/etcd/.quorate-1/member/wal/0.wal") == "wal");
  }
  SECTION("neither is there") {
    const Outcome outcome = under_test->node().move_path(ours, move("/etc/none", "/etc/nothing"), soon());
    CHECK(outcome.kind == Outcome::Kind::not_done);
    CHECK(outcome.detail == "node1: neither /etc/none nor /etc/nothing is there");
  }
  SECTION("both are there: the same, as after a kill, or not") {
    under_test->write("/etc/one", "same");
    under_test->write("/etc/two", "same");
    CHECK(under_test->node().move_path(ours, move("/etc/one", "/etc/two"), soon()).is_done());
    CHECK_FALSE(under_test->exists("/etc/one"));
    under_test->write("/etc/one", "different");
    CHECK(under_test->node().move_path(ours, move("/etc/one", "/etc/two"), soon()).kind == Outcome::Kind::not_done);
    CHECK(under_test->read("/etc/one") == "different");
    CHECK(under_test->read("/etc/two") == "same");
  }
}

TEST_CASE("where nothing is there to be set aside no empty folder is left") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  under_test->write("/var/lib/etcd/lost+found/#12", "found");
  CHECK(under_test->node().move_entries(ours, move_all("/var/lib/etcd", "/var/lib/etcd/.quorate-1"), soon()).is_done());
  CHECK_FALSE(under_test->exists("/var/lib/etcd/.quorate-1"));
  CHECK(under_test->read("/var/lib/etcd/lost+found/#12") == "found");
}

TEST_CASE("what is inside a directory is moved, and quorate's own folders and the file system's stay") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  const std::string data = "/var/lib/etcd";
  under_test->write(data + "/member/wal/0.wal", "wal");
  under_test->write(data + "/.hidden", "hidden");
  under_test->write(data + "/.quorate-0/member/old", "old");
  under_test->write(data + "/lost+found/#12", "found");
  for (const std::string& name : awkward_names) under_test->write(data + "/" + name, name);
  const MoveEntries aside = move_all(data, data + "/.quorate-1");
  CHECK(under_test->node().move_entries(ours, aside, soon()).detail == "");
  CHECK(under_test->node().move_entries(ours, aside, soon()).is_done());
  CHECK(under_test->read(data + "/.quorate-1/member/wal/0.wal") == "wal");
  CHECK(under_test->read(data + "/.quorate-1/.hidden") == "hidden");
  CHECK(under_test->read(data + "/.quorate-0/member/old") == "old");
  CHECK(under_test->read(data + "/lost+found/#12") == "found");
  for (const std::string& name : awkward_names) CHECK(under_test->read(data + "/.quorate-1/" + name) == name);
  CHECK_FALSE(under_test->exists(data + "/member"));

  SECTION("and back, and nothing is left of the folder, nor to be done again") {
    const MoveEntries back = move_all(data + "/.quorate-1", data);
    CHECK(under_test->node().move_entries(ours, back, soon()).detail == "");
    CHECK(under_test->read(data + "/member/wal/0.wal") == "wal");
    CHECK(under_test->read(data + "/.quorate-0/member/old") == "old");
    CHECK_FALSE(under_test->exists(data + "/.quorate-1"));
    CHECK(under_test->node().move_entries(ours, back, soon()).detail == "");
  }
  SECTION("what was set aside and is nowhere is not back") {
    CHECK(under_test->node().move_entries(ours, move_all("/var/lib/other/.quorate-1", "/var/lib/other"), soon()).kind ==
          Outcome::Kind::not_done);
  }
  SECTION("nothing is moved over anything") {
    under_test->write(data + "/member/wal/0.wal", "newer");
    under_test->write(data + "/a first", "x");
    CHECK(under_test->node().move_entries(ours, aside, soon()).kind == Outcome::Kind::not_done);
    CHECK(under_test->read(data + "/member/wal/0.wal") == "newer");
    CHECK(under_test->read(data + "/a first") == "x");
  }
  SECTION("not into itself, not from nowhere") {
    CHECK(under_test->node().move_entries(ours, move_all(data, data + "/inside"), soon()).kind == Outcome::Kind::not_done);
    CHECK(under_test->node().move_entries(ours, move_all("/var/lib/none", data), soon()).kind == Outcome::Kind::not_done);
  }
}

node::Node::Invite invite() { return {"abc123", "node3", Secret("kind: InitConfiguration\n")}; }

TEST_CASE("without kubeadm a node is neither reset, nor invites, nor is joined by it") {
  const auto under_test = leased(GENERATE(NodeKind::fake, NodeKind::scripts));
  node::Invitation invitation;
  CHECK_THAT(under_test->node().kubeadm_reset(ours, "/var/lib/quorate/run-1", "", soon()).detail,
             Catch::EndsWith("kubeadm is not there"));
  CHECK_THAT(under_test->node().kubeadm_invite(ours, invite(), invitation, soon()).detail, Catch::EndsWith("kubeadm is not there"));
  CHECK_THAT(under_test->node().kubeadm_join(ours, "/var/lib/quorate/run-1", Secret("kind: JoinConfiguration\n"), soon()).detail,
             Catch::EndsWith("kubeadm is not there"));
}

TEST_CASE("without the lease nothing is changed") {
  const auto under_test = make_node_under_test(GENERATE(NodeKind::fake, NodeKind::scripts));
  const std::string expected = GENERATE("gone", "taken over by run run-2", "expired");
  node::Node& node = under_test->node();
  if (expected == "taken over by run run-2") {
    REQUIRE(node.take_lease(record_of("run-2"), {}, soon()).kind == node::LeaseResult::Kind::taken);
  }
  if (expected == "expired") {
    REQUIRE(node.take_lease(record_of("run-1"), {}, soon()).kind == node::LeaseResult::Kind::taken);
    under_test->age_lease(60);
  }
  under_test->write("/var/lib/etcd/member/x", "x");
  node::Invitation invitation;
  const std::vector<Outcome> outcomes{
      node.run_command(ours, {"touch", "/var/lib/etcd/touched"}, soon()),
      node.put_file(ours, file("/var/lib/etcd/put", "x", "600"), soon()),
      node.put_secret_file(ours, "/var/lib/etcd/put", Secret("x"), "600", soon()),
      node.put_certificate(ours, {"/var/lib/etcd/put", "x", "/var/lib/etcd/put.key", Secret("x")}, soon()),
      node.put_snapshot(ours, snapshot_of("/dev/null", "d", ""), soon()),
      node.restore_snapshot(ours, restore_of("/var/lib/etcd/member/x"), soon()),
      node.snapshot_data(ours, over_data<SnapshotData>("/var/lib/etcd"), soon()),
      node.serve_restored(ours, serve_restored_of(0), soon()),
      node.force_alone(ours, over_data<ForceAlone>("/var/lib/etcd"), soon()),
      node.save_served(ours, save_served_to("/var/lib/etcd/.quorate-1"), soon()),
      node.move_path(ours, move("/var/lib/etcd/member", "/var/lib/etcd/moved"), soon()),
      node.move_entries(ours, move_all("/var/lib/etcd", "/var/lib/etcd/.quorate-1"), soon()),
      node.remove_exited_containers(ours, soon()),
      node.kubeadm_reset(ours, "/var/lib/quorate/run-1", "", soon()),
      node.kubeadm_invite(ours, invite(), invitation, soon()),
      node.kubeadm_join(ours, "/var/lib/quorate/run-1", Secret("kind: JoinConfiguration\n"), soon()),
      node.renew_lease(ours, soon()),
  };
  for (const Outcome& outcome : outcomes) {
    CHECK(outcome.kind == Outcome::Kind::not_done);
    CHECK_THAT(outcome.detail, Catch::StartsWith("the lease of run run-1 on node1 is " + expected));
  }
  CHECK(under_test->read("/var/lib/etcd/member/x") == "x");
  for (const char* path : {"touched", "put", "moved", ".quorate-1"}) {
    CHECK_FALSE(under_test->exists(std::string("/var/lib/etcd/") + path));
  }
}

}  // namespace
}  // namespace quorate::test
