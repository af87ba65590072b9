// SPDX-License-Identifier: Apache-2.0
// The commands that NEXT.txt has, typed into a shell: they do what the operation says, and may be typed again.
#include "engine/cli/by_hand.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "schemas/digest.h"
#include "tests/support/program.h"

namespace quorate {
namespace {

namespace fs = std::filesystem;

/// A folder of its own, with programs that are found before the machine's.
class Folder {
 public:
  Folder() { fs::create_directories(at("bin")); }

  [[nodiscard]] std::string at(const std::string& name) const { return (directory_.path() / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(at(name)).parent_path());
    std::ofstream(at(name)) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const { return test::read_file(at(name)); }
  void program(const std::string& name, const std::string& text) const {
    write("bin/" + name, "#!/bin/sh\n" + text);
    ::chmod(at("bin/" + name).c_str(), 0755);
  }
  [[nodiscard]] bool type(const std::string& commands) const {
    write("typed", "PATH=" + at("bin") + ":$PATH\n" + commands);
    return std::system(("sh -e " + at("typed") + " >" + at("out") + " 2>&1").c_str()) == 0;
  }

 private:
  test::TemporaryDirectory directory_;
};

Spec spec_of_two() {
  Spec spec;
  for (const char* name : {"node1", "node2"}) {
    MemberSpec& member = *spec.mutable_spec()->add_members();
    member.set_name(name);
    member.set_host(name);
  }
  spec.mutable_spec()->mutable_ssh()->set_user("o'ps");
  return spec;
}

std::string commands_of(const Operation& operation) {
  const Spec spec = spec_of_two();
  return cli::ByHand(spec, {}, {}).commands(operation);
}

TEST_CASE("a file is written as it is, whatever is in it", "[by-hand]") {
  const Folder folder;
  for (const std::string content :
       {"a: 'b' \"c\" $HOME `id` \\\n", "no newline at the end", "QUORATE_END\nQUORATE_END_\n  x\n", "", "\n\n"}) {
    Operation operation;
    PutFile& file = *operation.mutable_put_file();
    file.set_node("node1");
    file.set_path(folder.at("a 'folder/etcd.yaml"));
    file.set_content(content);
    file.set_mode("640");
    INFO(commands_of(operation));
    REQUIRE(folder.type(commands_of(operation)));
    CHECK(folder.read("a 'folder/etcd.yaml") == content);
    CHECK(fs::status(folder.at("a 'folder/etcd.yaml")).permissions() == fs::perms(0640));
    CHECK(std::distance(fs::directory_iterator(folder.at("a 'folder")), fs::directory_iterator()) == 1);
  }
}

TEST_CASE("data is moved but for what quorate keeps, and moving it again changes nothing", "[by-hand]") {
  const Folder folder;
  folder.write("data/member/wal/1", "x");
  folder.write("data/.hidden", "y");
  folder.write("data/.quorate-old/member", "z");
  Operation operation;
  operation.mutable_move_entries()->set_node("node1");
  operation.mutable_move_entries()->set_from(folder.at("data"));
  operation.mutable_move_entries()->set_to(folder.at("data/.quorate-new"));
  for (int i = 0; i < 2; ++i) {
    REQUIRE(folder.type(commands_of(operation)));
    CHECK(folder.read("data/.quorate-new/member/wal/1") == "x");
    CHECK(folder.read("data/.quorate-new/.hidden") == "y");
    CHECK(folder.read("data/.quorate-old/member") == "z");
  }
}

TEST_CASE("a path is moved once, over nothing", "[by-hand]") {
  const Folder folder;
  folder.write("etcd.yaml", "x");
  Operation operation;
  operation.mutable_move_path()->set_node("node1");
  operation.mutable_move_path()->set_from(folder.at("etcd.yaml"));
  operation.mutable_move_path()->set_to(folder.at("aside/etcd.yaml"));
  for (int i = 0; i < 2; ++i) {
    REQUIRE(folder.type(commands_of(operation)));
    CHECK(folder.read("aside/etcd.yaml") == "x");
  }
}

constexpr char etcdctl_with_a_learner[] = R"(case "$1 $2" in
  "member list")
    echo '1f, started, node1, https://10.0.0.1:2380, https://10.0.0.1:2379, false'
    echo '2e, started, node2, https://10.0.0.2:2380, https://10.0.0.2:2379, true' ;;
  *) echo "did: $*" ;;
esac
)";

TEST_CASE("a learner is found by its peer URL, promoted or removed, and a voter is neither", "[by-hand]") {
  const Folder folder;
  folder.program("etcdctl", etcdctl_with_a_learner);
  Operation operation;
  SECTION("promoted") {
    operation.mutable_member_promote()->set_peer_url("https://10.0.0.2:2380");
    REQUIRE(folder.type(commands_of(operation)));
    CHECK(folder.read("out").find("did: member promote 2e --endpoints=") == 0);
  }
  SECTION("removed") {
    operation.mutable_member_remove()->set_learner_peer_url("https://10.0.0.2:2380");
    REQUIRE(folder.type(commands_of(operation)));
    CHECK(folder.read("out").find("did: member remove 2e --endpoints=") == 0);
  }
  SECTION("a voter") {
    operation.mutable_member_remove()->set_learner_peer_url("https://10.0.0.1:2380");
    REQUIRE(folder.type(commands_of(operation)));
    CHECK(folder.read("out").empty());
  }
  SECTION("added already") {
    operation.mutable_member_add()->set_peer_url("https://10.0.0.2:2380");
    REQUIRE(folder.type(commands_of(operation)));
    CHECK(folder.read("out").empty());
  }
}

// Whatever is typed for the other end runs here.
constexpr char ssh_to_here[] = "for last; do :; done\neval \"$last\"\n";

TEST_CASE("a snapshot is brought whole, and restored once", "[by-hand]") {
  const Folder folder;
  folder.program("ssh", ssh_to_here);
  folder.program(
      "etcdutl",
      "[ \"$1 $2\" = 'snapshot restore' ] || exit 1\nfor word; do case $word in --data-dir=*) to=${word#*=};; esac; done\n"
      "mkdir \"$to\" && cp \"$3\" \"$to/db\" && echo \"$@\" >>" +
          folder.at("calls") + "\n");
  folder.write("from.db", "snapshot\n");
  Operation bring;
  PutSnapshot& put = *bring.mutable_put_snapshot();
  put.set_node("node1");
  put.set_source(folder.at("from.db"));
  put.set_path(folder.at("a folder/snapshot.db"));
  put.set_bytes(9);
  INFO(commands_of(bring));
  REQUIRE(folder.type(commands_of(bring)));
  CHECK(folder.read("a folder/snapshot.db") == "snapshot\n");
  put.set_bytes(10);
  CHECK_FALSE(folder.type(commands_of(bring)));
  put.set_bytes(9);
  put.set_sha256(sha256_hex("snapshot\n"));
  put.set_without_trailer(true);
  CHECK(folder.type(commands_of(bring)));
  put.set_sha256(sha256_hex("another\n"));
  CHECK_FALSE(folder.type(commands_of(bring)));
  put.set_sha256(sha256_hex("snapshot\n"));

  Operation operation;
  RestoreSnapshot& restore = *operation.mutable_restore_snapshot();
  restore.set_node("node1");
  restore.set_snapshot(put.path());
  restore.set_folder(folder.at("a folder/new"));
  restore.mutable_tool()->set_path(folder.at("bin/etcdutl"));
  restore.set_name("node1");
  restore.set_token("token");
  restore.set_bump(1000000000);
  restore.set_owner(std::to_string(::getuid()) + ":" + std::to_string(::getgid()));
  INFO(commands_of(operation));
  REQUIRE(folder.type(commands_of(operation)));
  REQUIRE(folder.type(commands_of(operation)));
  CHECK(folder.read("a folder/new/db") == "snapshot\n");
  const std::string calls = folder.read("calls");
  CHECK(std::count(calls.begin(), calls.end(), '\n') == 1);
  CHECK_THAT(calls,
             Catch::Contains("--initial-cluster-token=token") && Catch::Contains("--bump-revision=1000000000 --mark-compacted"));
}

TEST_CASE("what is served is saved and brought here, readable by its owner alone", "[by-hand]") {
  const Folder folder;
  folder.program("ssh", ssh_to_here);
  folder.program("etcdctl", "[ \"$1 $2\" = 'snapshot save' ] || exit 1\ncase $* in *,*) exit 1;; esac\necho served >\"$3\"\n");
  folder.write("a member's/data", "");
  Observation observation;
  for (const char* name : {"node1", "node2"}) {
    NodeObservation& node = *observation.add_nodes();
    node.set_name(name);
    node.mutable_facts()->mutable_data_directory()->set_path(folder.at("a member's"));
    node.mutable_endpoint()->mutable_status()->set_leader_id("1");
    node.mutable_endpoint()->mutable_status()->set_member_id(name);
    Member& member = *node.mutable_endpoint()->mutable_member_list()->add_members();
    member.set_id(name);
    member.add_client_urls("https://10.20.30.101:2379");
  }
  const Spec spec = spec_of_two();
  const auto commands_of = [&](const Operation& operation) { return cli::ByHand(spec, {}, observation).commands(operation); };
  Operation stream;
  stream.mutable_stream_snapshot()->set_node("node1");
  stream.mutable_stream_snapshot()->set_path(folder.at("a folder/recovered.db"));
  INFO(commands_of(stream));
  REQUIRE(folder.type(commands_of(stream)));
  CHECK(folder.read("a folder/recovered.db") == "served\n");
  CHECK(fs::status(folder.at("a folder/recovered.db")).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

  Operation back_up;
  back_up.mutable_save_backup()->set_node("node1");
  back_up.mutable_save_backup()->set_directory(folder.at("backups"));
  back_up.mutable_save_backup()->set_cluster("lab");
  back_up.mutable_save_backup()->set_cluster_id("cdf818194e3a8c32");
  INFO(commands_of(back_up));
  REQUIRE(folder.type(commands_of(back_up)));
  REQUIRE(folder.type("cat " + folder.at("backups") + "/lab-cdf818194e3a8c32-*Z.db >" + folder.at("saved")));
  CHECK(folder.read("saved") == "served\n");
}

TEST_CASE("an alarm is taken off where there is no other, which etcdctl would take off too", "[by-hand]") {
  const Folder folder;
  folder.program("etcdctl", "case \"$1 $2\" in 'alarm list') cat " + folder.at("alarms") + ";; 'alarm disarm') : >" +
                                folder.at("alarms") + ";; esac\n");
  Operation operation;
  operation.mutable_disarm()->set_alarm("NOSPACE");
  folder.write("alarms", "memberID:1 alarm:NOSPACE\nmemberID:2 alarm:CORRUPT\n");
  REQUIRE(folder.type(commands_of(operation)));
  CHECK(folder.read("alarms") != "");
  folder.write("alarms", "memberID:1 alarm:NOSPACE\nmemberID:2 alarm:NOSPACE\n");
  REQUIRE(folder.type(commands_of(operation)));
  CHECK(folder.read("alarms") == "");
}

TEST_CASE("a tool in etcd's image is mounted for a restore, each time anew, and unmounted", "[by-hand]") {
  const Folder folder;
  folder.program("ssh", ssh_to_here);
  folder.program(
      "ctr",
      "echo \"$4 $5\" >>" + folder.at("calls") +
          "\n[ \"$4\" = mount ] || exec rm -r \"$6\"\n[ \"$5\" = etcd:3.5.16-0 ] && mkdir -p \"$6/bin\" && printf '#!/bin/sh\\n"
          "for word; do case $word in --data-dir=*) mkdir \"${word#*=}\";; esac; done\\n' >\"$6/bin/etcdctl\" &&\n"
          "chmod 755 \"$6/bin/etcdctl\"\n");
  Operation operation;
  RestoreSnapshot& restore = *operation.mutable_restore_snapshot();
  restore.set_node("node1");
  restore.set_snapshot(folder.at("snapshot.db"));
  restore.set_folder(folder.at("new"));
  restore.mutable_tool()->set_path("/bin/etcdctl");
  restore.mutable_tool()->set_place(Tool::IMAGE);
  restore.mutable_tool()->set_image("etcd:3.5.16-0");
  restore.set_owner(std::to_string(::getuid()) + ":" + std::to_string(::getgid()));
  INFO(commands_of(operation));
  REQUIRE(folder.type(commands_of(operation)));
  REQUIRE(folder.type(commands_of(operation)));
  CHECK(fs::is_directory(folder.at("new")));
  CHECK(folder.read("calls") == "mount etcd:3.5.16-0\nunmount --rm\nmount etcd:3.5.16-0\nunmount --rm\n");
}

// One that serves what is in data/member, and writes down what it was called with.
void add_etcd(const Folder& folder) {
  folder.program("ssh", ssh_to_here);
  folder.program("unshare", "[ \"$1\" = -n ] && shift && exec \"$@\"\n");
  folder.program("etcd", "echo \"$@\" >>" + folder.at("calls") + "\ntest -f member/db && : >served && exec sleep 30\n");
  folder.program("etcdctl",
                 "[ \"$1\" = --endpoints=unix://localhost:2379 ] && shift && case \"$1 $2\" in\n"
                 "'endpoint health') test -e served;;\n'snapshot save') cp member/db \"$3\";;\n'member list') :;;\nesac\n");
  folder.write("data/member/db", "data");
}

template <typename Message>
void describe_copy(const Folder& folder, Message& message) {
  message.set_node("node1");
  message.set_data_directory(folder.at("data"));
  message.set_folder(folder.at("a folder"));
  message.mutable_tool()->set_path(folder.at("bin/etcd"));
  message.set_name("node1");
}

void type_twice(const Folder& folder, const Operation& operation) {
  INFO(commands_of(operation));
  REQUIRE(folder.type(commands_of(operation)));
  REQUIRE(folder.type(commands_of(operation)));
  const std::string calls = folder.read("calls");
  CHECK(std::count(calls.begin(), calls.end(), '\n') == 1);
  CHECK_THAT(calls, Catch::Contains("--force-new-cluster"));
}

TEST_CASE("data becomes a snapshot by way of a copy, once, and is brought here", "[by-hand]") {
  const Folder folder;
  add_etcd(folder);
  Operation operation;
  describe_copy(folder, *operation.mutable_snapshot_data());
  type_twice(folder, operation);
  CHECK_FALSE(fs::exists(folder.at("a folder/copy")));
  Operation fetch;
  fetch.mutable_fetch_snapshot()->set_node("node1");
  fetch.mutable_fetch_snapshot()->set_path(folder.at("a folder/saved.db"));
  fetch.mutable_fetch_snapshot()->set_target(folder.at("here/saved.db"));
  REQUIRE(folder.type(commands_of(fetch)));
  CHECK(folder.read("here/saved.db") == "data");
}

TEST_CASE("a copy of the data is run once without the other members, and stays", "[by-hand]") {
  const Folder folder;
  add_etcd(folder);
  Operation operation;
  describe_copy(folder, *operation.mutable_force_alone());
  type_twice(folder, operation);
  CHECK(folder.read("a folder/new/member/db") == "data");
  CHECK_FALSE(fs::exists(folder.at("a folder/new.part")));
}

TEST_CASE("what is served is saved once, and the kubelet is started again also where it is not saved", "[by-hand]") {
  const Folder folder;
  folder.program("systemctl", "echo \"$1 $2\" >>" + folder.at("calls") + "\n");
  folder.program("etcdctl", "for word; do path=$word; done\ntest -f " + folder.at("serves") + " && echo served >\"$path\"\n");
  Operation operation;
  SaveServed& save = *operation.mutable_save_served();
  save.set_node("node1");
  save.set_folder(folder.at("a folder"));
  save.mutable_tool()->set_path(folder.at("bin/etcdctl"));
  save.set_endpoint("https://127.0.0.1:2379");
  save.set_pki_directory("/etc/kubernetes/pki/etcd");
  save.set_holds_kubelet(true);
  INFO(commands_of(operation));
  CHECK_FALSE(folder.type(commands_of(operation)));
  CHECK(folder.read("calls") == "stop kubelet\nstart kubelet\n");
  folder.write("serves", "");
  REQUIRE(folder.type(commands_of(operation)));
  REQUIRE(folder.type(commands_of(operation)));
  CHECK(folder.read("a folder/saved.db") == "served\n");
  CHECK(folder.read("calls") == "stop kubelet\nstart kubelet\nstop kubelet\nstart kubelet\n");
}

TEST_CASE("an authority is copied, and a certificate is issued with it that the authority confirms", "[by-hand]") {
  const Folder folder;
  folder.program("ssh", ssh_to_here);
  REQUIRE(folder.type("mkdir " + folder.at("one") + "; cd " + folder.at("one") +
                      "; openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=etcd-ca -days 9"));
  Operation copy;
  copy.mutable_copy_authority()->set_from_node("node1");
  copy.mutable_copy_authority()->set_to_node("node2");
  copy.mutable_copy_authority()->set_from_directory(folder.at("one"));
  copy.mutable_copy_authority()->set_to_directory(folder.at("two"));
  REQUIRE(folder.type(commands_of(copy)));
  CHECK(folder.read("two/ca.key") == folder.read("one/ca.key"));
  CHECK(fs::status(folder.at("two/ca.key")).permissions() == fs::perms(0600));
  Operation operation;
  IssueCertificate& issue = *operation.mutable_issue_certificate();
  issue.set_node("node2");
  issue.set_signer("node1");
  issue.set_signer_directory(folder.at("one"));
  issue.set_profile("etcd-server");
  issue.set_common_name("node2");
  issue.add_sans("DNS:node2");
  issue.add_sans("IP:10.0.0.2");
  issue.set_certificate_path(folder.at("two/server.crt"));
  issue.set_key_path(folder.at("two/server.key"));
  issue.set_validity_seconds(365 * 86400);
  INFO(commands_of(operation));
  REQUIRE(folder.type(commands_of(operation)));
  REQUIRE(folder.type("cd " + folder.at("two") +
                      "; openssl verify -CAfile ca.crt -verify_ip 10.0.0.2 -purpose sslserver server.crt" +
                      "; openssl rsa -in server.key -check -noout"));
  CHECK(fs::status(folder.at("two/server.key")).permissions() == fs::perms(0600));
}

TEST_CASE("the workstation signs with its own authority, whose key it gives to no node", "[by-hand]") {
  const Folder folder;
  folder.program("ssh", ssh_to_here);
  REQUIRE(folder.type("mkdir " + folder.at("here") + "; cd " + folder.at("here") +
                      "; openssl req -x509 -newkey rsa:3072 -nodes -keyout ca.key -out ca.crt -subj /CN=etcd-ca -days 9"));
  Operation copy;
  copy.mutable_copy_authority()->set_to_node("node2");
  copy.mutable_copy_authority()->set_from_directory(folder.at("here"));
  copy.mutable_copy_authority()->set_to_directory(folder.at("there"));
  INFO(commands_of(copy));
  REQUIRE(folder.type(commands_of(copy)));
  CHECK(folder.read("there/ca.crt") == folder.read("here/ca.crt"));
  CHECK_FALSE(fs::exists(folder.at("there/ca.key")));
  Operation operation;
  IssueCertificate& issue = *operation.mutable_issue_certificate();
  issue.set_node("node2");
  issue.set_signer_directory(folder.at("here"));
  issue.set_profile("etcd-peer");
  issue.set_common_name("node2");
  issue.add_sans("DNS:node2");
  issue.set_certificate_path(folder.at("there/peer.crt"));
  issue.set_key_path(folder.at("there/peer.key"));
  issue.set_validity_seconds(365 * 86400);
  INFO(commands_of(operation));
  REQUIRE(folder.type(commands_of(operation)));
  REQUIRE(folder.type("cd " + folder.at("there") +
                      "; openssl verify -CAfile ca.crt -verify_hostname node2 -purpose sslserver peer.crt" +
                      "; openssl rsa -in peer.key -text -noout | grep -q '3072 bit'"));
}

}  // namespace
}  // namespace quorate
