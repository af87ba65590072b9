// SPDX-License-Identifier: Apache-2.0
// What only the shipped scripts can be asked.
#include "providers/node/scripts.h"

#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "providers/node/ssh_node.h"
#include "tests/providers/node/contract.h"
#include "tests/support/local_session.h"

namespace quorate::test {
namespace {

const node::Lease ours{"run-1"};

struct Leased {
  LocalSession session;
  std::unique_ptr<node::Node> node = node::make_ssh_node("node1", session, "");
  Leased() { REQUIRE(node->take_lease(record_of("run-1"), {}, soon()).kind == node::LeaseResult::Kind::taken); }
};

TEST_CASE("a command gets its arguments as they are, and its end is told") {
  Leased leased;
  const std::string awkward = "a 'b' \"c\" $(touch /etc/owned)\n-d *";
  const std::string script = "printf %s \"$1\" >/etc/seen";
  CHECK(leased.node->run_command(ours, {"sh", "-c", script, "sh", awkward}, soon()).is_done());
  CHECK(read_file(leased.session.place("/etc/seen")) == awkward);
  const Outcome failed = leased.node->run_command(ours, {"sh", "-c", "echo out; echo first >&2; echo why >&2; exit 75"}, soon());
  CHECK(failed.kind == Outcome::Kind::not_done);
  CHECK(failed.detail == "on node1 the command ended with status 75: why");
  const std::string kubeadm =
      "echo error: timed out >&2; echo To see the stack trace of this error execute with --v=5 or higher >&2; exit 1";
  CHECK(leased.node->run_command(ours, {"sh", "-c", kubeadm}, soon()).detail ==
        "on node1 the command ended with status 1: error: timed out");
  CHECK(leased.node->run_command(ours, {"no-such-command"}, soon()).detail == "node1: no-such-command is not there");
  CHECK(leased.node->run_command(ours, {"sleep", "5"}, std::chrono::steady_clock::now() + std::chrono::milliseconds(300)).kind ==
        Outcome::Kind::unknown);
}

TEST_CASE("a change that was given up at its deadline is ended before its retry begins") {
  Leased leased;
  const std::string slow = "sleep 2; echo slow >>/etc/seen";
  CHECK(leased.node
            ->run_command(ours, {"setsid", "sh", "-c", slow}, std::chrono::steady_clock::now() + std::chrono::milliseconds(400))
            .kind == Outcome::Kind::unknown);
  CHECK(leased.node->run_command(ours, {"sh", "-c", "echo retried >>/etc/seen"}, soon()).is_done());
  CHECK(read_file(leased.session.place("/etc/seen")) == "slow\nretried\n");
}

TEST_CASE("a file gets its owner, replaces a link and not what it points to, and is never there by half") {
  Leased leased;
  const auto place = leased.session.place("/etc/kubernetes/etcd.yaml");
  PutFile put = file("/etc/kubernetes/etcd.yaml", "new", "644");
  put.set_owner("12:34");
  REQUIRE(leased.node->put_file(ours, put, soon()).is_done());
  struct stat status {};
  stat(place.c_str(), &status);
  CHECK(status.st_uid == 12);
  CHECK(status.st_gid == 34);
  stat(place.parent_path().c_str(), &status);
  CHECK((status.st_mode & 07777U) == 0700);

  std::filesystem::remove(place);
  write_file(leased.session.place("/etc/pointed-to"), "old");
  std::filesystem::create_symlink("/etc/pointed-to", place);
  REQUIRE(leased.node->put_file(ours, put, soon()).is_done());
  CHECK(read_file(leased.session.place("/etc/pointed-to")) == "old");
  CHECK(read_file(place) == "new");

  // A connection that breaks in the middle of the content.
  ssh::Command cut;
  cut.arguments = {"sh",      "-c",    node::scripts::change_text(node::scripts::Change::put_file),
                   "quorate", "run-1", "/etc/kubernetes/etcd.yaml",
                   "",        "600",   "100"};
  cut.input = "only this";
  CHECK(leased.session.run(cut, soon())->exit_status == 1);
  CHECK(read_file(place) == "new");
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(place.parent_path())) ++files;
  CHECK(files == 1);
}

TEST_CASE("a folder that entries are moved to is root's alone") {
  Leased leased;
  std::filesystem::create_directories(leased.session.place("/var/lib/etcd/member"));
  REQUIRE(leased.node->move_entries(ours, move_all("/var/lib/etcd", "/var/lib/etcd/.quorate-1"), soon()).is_done());
  struct stat status {};
  stat(leased.session.place("/var/lib/etcd/.quorate-1").c_str(), &status);
  CHECK((status.st_mode & 07777U) == 0700);
}

TEST_CASE("a file for which another file system has no room stays where it is, and nothing of it is left there") {
  Leased leased;
  write_file(leased.session.place("/etc/large"), "all of it");
  const auto copy = leased.session.place("/usr/local/bin/cp");
  write_file(copy, "#!/bin/sh\nfor last; do :; done\necho half >\"$last\"\necho 'No space left on device' >&2\nexit 1\n");
  std::filesystem::permissions(copy, std::filesystem::perms::owner_all);
  const std::filesystem::path folder = "/dev/shm/quorate-test-of-room-" + std::to_string(::getpid());
  MovePath move;
  move.set_from("/etc/large");
  move.set_to((folder / "large").string());
  const Outcome outcome = leased.node->move_path(ours, move, soon());
  CHECK(outcome.kind == Outcome::Kind::not_done);
  CHECK_THAT(outcome.detail, Catch::Contains("cannot copy /etc/large"));
  CHECK(read_file(leased.session.place("/etc/large")) == "all of it");
  std::error_code problem;
  CHECK(std::filesystem::is_empty(folder, problem));
  std::filesystem::remove_all(folder);
}

TEST_CASE("entries are not moved to another file system") {
  Leased leased;
  std::filesystem::create_directories(leased.session.place("/var/lib/etcd/member"));
  const Outcome outcome = leased.node->move_entries(ours, move_all("/var/lib/etcd", "/dev/shm/quorate-test"), soon());
  CHECK(outcome.kind == Outcome::Kind::not_done);
  CHECK_THAT(outcome.detail, Catch::Contains("another file system"));
  CHECK(std::filesystem::exists(leased.session.place("/var/lib/etcd/member")));
  std::filesystem::remove("/dev/shm/quorate-test");
}

TEST_CASE("exited containers are removed, and only those of etcd") {
  Leased leased;
  const auto crictl = leased.session.place("/usr/local/bin/crictl");
  write_file(crictl, "#!/bin/sh\necho \"$*\" >>/etc/asked\ncase $1 in ps) echo one; echo two ;; rm) exit ${FAIL:-0} ;; esac\n");
  std::filesystem::permissions(crictl, std::filesystem::perms::owner_all);
  CHECK(leased.node->remove_exited_containers(ours, soon()).is_done());
  CHECK(read_file(leased.session.place("/etc/asked")) ==
        "ps -a --state Exited --label io.kubernetes.container.name=etcd --label "
        "io.kubernetes.pod.namespace=kube-system -q\n"
        "rm one\nrm two\n");
}

TEST_CASE("where crictl cannot list the containers, as with an old configuration, ctr removes them, as it showed them") {
  Leased leased;
  const auto stub = [&](const std::string& name, const std::string& script) {
    const auto tool = leased.session.place("/usr/local/bin/" + name);
    write_file(tool, "#!/bin/sh\n" + script);
    std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
  };
  stub("crictl", "exit 1\n");
  stub("ctr", "echo \"$*\" >>/etc/asked\ncase \"$3 $4\" in 'containers ls') echo one ;; esac\n");
  CHECK(leased.node->remove_exited_containers(ours, soon()).is_done());
  CHECK(read_file(leased.session.place("/etc/asked")).find("containers rm one\n") != std::string::npos);
}

TEST_CASE("a container that the kubelet removed first is removed") {
  // Seen with a real kubelet: it collected the container between the listing and the removal.
  Leased leased;
  std::filesystem::path tool;
  SECTION("by crictl") {
    tool = leased.session.place("/usr/local/bin/crictl");
    write_file(tool, "#!/bin/sh\ncase $1 in ps) echo one ;; *) exit 1 ;; esac\n");
  }
  SECTION("by ctr") {
    tool = leased.session.place("/usr/local/bin/ctr");
    write_file(tool, "#!/bin/sh\ncase \"$3 $4\" in 'containers ls') echo one ;; 'tasks ls') ;; *) exit 1 ;; esac\n");
  }
  std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
  CHECK(leased.node->remove_exited_containers(ours, soon()).is_done());
}

TEST_CASE("where an earlier command is still at work the next is not refused for good") {
  Leased leased;
  const std::filesystem::path tool = leased.session.place("/usr/local/bin/flock");
  write_file(tool, "#!/bin/sh\n[ \"$*\" != '-x -w 20 8' ] || exit 1\nexec /usr/bin/flock \"$@\"\n");
  std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
  const Outcome busy = leased.node->run_command(ours, {"true"}, soon());
  CHECK(busy.kind == Outcome::Kind::not_done);
  CHECK(busy.try_again);
  CHECK(busy.detail == "node1: an earlier command is still at work");
}

TEST_CASE("a lease is not taken over while a command of the run before is still at work") {
  Leased leased;
  Outcome ended;
  std::thread worker([&] { ended = leased.node->run_command(ours, {"sleep", "3"}, soon()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  CHECK(leased.node->expire_lease("run-1", std::chrono::steady_clock::now() + std::chrono::milliseconds(500)).kind ==
        Outcome::Kind::unknown);
  const auto before = std::chrono::steady_clock::now();
  CHECK(leased.node->take_lease(record_of("run-2"), {"run-1"}, soon()).kind == node::LeaseResult::Kind::taken);
  CHECK(std::chrono::steady_clock::now() - before > std::chrono::milliseconds(500));
  worker.join();
  CHECK(ended.is_done());
}

}  // namespace
}  // namespace quorate::test
