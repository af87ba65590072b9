// SPDX-License-Identifier: Apache-2.0
// What a sender that stalls in the middle of a content keeps from whom, and what its command does when it goes on.
#include <csignal>
#include <thread>

#include <catch2/catch.hpp>

#include "providers/node/scripts.h"
#include "providers/node/ssh_node.h"
#include "schemas/digest.h"
#include "tests/providers/node/contract.h"
#include "tests/support/local_session.h"

namespace quorate::test {
namespace {

using node::scripts::Change;
using Kind = node::LeaseResult::Kind;

const node::Lease ours{"run-1"};
const std::string folder = "/var/lib/target";
const std::string stalls = "printf half; until [ -e /run/go-on ]; do sleep 0.05; done; ";

struct Transfer {
  Change change;
  std::vector<std::string> arguments;
};

// Of the content "half and half", to /var/lib/target/file, or to kubeadm.
Transfer transfer_by(Change change) {
  const std::string file = folder + "/file";
  switch (change) {
    case Change::put_certificate: return {change, {file, folder + "/key", "5", "8"}};
    case Change::put_snapshot: return {change, {file, "13", "13", sha256_hex("half and half")}};
    case Change::kubeadm_join: return {change, {"", "13"}};
    case Change::kubeadm_invite: return {change, {"abcdef", "", "13"}};
    default: return {change, {file, "", "600", "13"}};
  }
}

// A node with the lease of run-1, and a transfer by that run whose sender stalls in the middle.
class Stalled {
 public:
  Stalled() {
    REQUIRE(node_->take_lease(record_of("run-1"), {}, soon()).kind == Kind::taken);
    std::filesystem::create_directories(session_.place(folder));
    std::filesystem::create_directories(session_.place("/etc/kubernetes"));
    write_file(session_.place("/etc/kubernetes/admin.conf"), "");
    for (const char* tool : {"kubeadm", "kubectl"}) add_program(tool, "#!/bin/sh\n: >/run/asked\n");
  }
  Stalled(const Stalled&) = delete;
  Stalled& operator=(const Stalled&) = delete;
  ~Stalled() {
    if (!sender_.joinable()) return;
    write_file(session_.place("/run/go-on"), "");
    sender_.join();
  }

  node::Node& node() { return *node_; }
  LocalSession& session() { return session_; }

  /// Half of the content is there; what the sender does once it goes on.
  void begin(const Transfer& transfer, const std::string& goes_on = "printf ' and half'") {
    start(stalls + goes_on, transfer);
    for (int tries = 0; !half_is_there(); ++tries) {
      if (tries == 4000) FAIL("no half of it arrives");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  void start(const std::string& sender, const Transfer& transfer) {
    ssh::Command command;
    command.arguments = {"sh",      "-c",   "{ " + sender + "; } | sh -c \"$@\"", "sh", node::scripts::change_text(transfer.change),
                         "quorate", "run-1"};
    command.arguments.insert(command.arguments.end(), transfer.arguments.begin(), transfer.arguments.end());
    sender_ = std::thread([this, command] { result_ = session_.run(command, soon() + std::chrono::seconds(40)); });
  }

  /// What the command ends with once the other half comes.
  absl::StatusOr<ssh::CommandResult> go_on() {
    write_file(session_.place("/run/go-on"), "");
    return end();
  }
  absl::StatusOr<ssh::CommandResult> end() {
    sender_.join();
    return result_;
  }

  void age_lease(int seconds) {
    const auto record = session_.place("/var/lib/quorate/run.json");
    std::filesystem::last_write_time(record, std::filesystem::last_write_time(record) - std::chrono::seconds(seconds));
  }

  void add_program(const std::string& name, const std::string& script) {
    const auto program = session_.place("/usr/local/bin/" + name);
    write_file(program, script);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }

  /// Of all that it may have written.
  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const auto& entry : entries()) found.push_back(entry.path().filename());
    return found;
  }

 private:
  std::vector<std::filesystem::directory_entry> entries() {
    std::vector<std::filesystem::directory_entry> found;
    for (const std::string& place : {folder, std::string("/run/")}) {
      for (const auto& entry : std::filesystem::directory_iterator(session_.place(place))) {
        // The second is mount's own.
        if (entry.path().filename() != "go-on" && entry.path().filename() != "mount") found.push_back(entry);
      }
    }
    return found;
  }

  bool half_is_there() {
    for (const auto& entry : entries()) {
      if (entry.is_regular_file() && entry.file_size() == 4) return true;
    }
    return false;
  }

  LocalSession session_;
  std::unique_ptr<node::Node> node_ = node::make_ssh_node("node1", session_, "");
  absl::StatusOr<ssh::CommandResult> result_;
  std::thread sender_;
};

void check_refused(const absl::StatusOr<ssh::CommandResult>& ended, const std::string& why) {
  REQUIRE(ended.ok());
  CHECK(ended->exit_status == 75);
  CHECK_THAT(ended->output, Catch::StartsWith("quorate-lease: " + why));
}

TEST_CASE("a transfer that stalls keeps nobody from an expired lease, and changes nothing once another has it") {
  Stalled stalled;
  stalled.begin(transfer_by(
      GENERATE(Change::put_file, Change::put_snapshot, Change::put_certificate, Change::kubeadm_join, Change::kubeadm_invite)));
  stalled.age_lease(61);
  const node::LeaseResult taken = stalled.node().take_lease(record_of("run-2"), {"", {"run"}}, soon());
  CHECK(taken.detail == "");
  CHECK(taken.kind == Kind::taken);
  check_refused(stalled.go_on(), "taken over by run run-2");
  CHECK(stalled.names() == std::vector<std::string>());
}

TEST_CASE("a transfer that stalls keeps nobody from unlocking, and changes nothing after it") {
  Stalled stalled;
  stalled.begin(transfer_by(
      GENERATE(Change::put_file, Change::put_snapshot, Change::put_certificate, Change::kubeadm_join, Change::kubeadm_invite)));
  CHECK(stalled.node().expire_lease("run-1", soon()).detail == "");
  check_refused(stalled.go_on(), "expired, ");
  CHECK(stalled.names() == std::vector<std::string>());
}

TEST_CASE("a transfer whose connection breaks after its lease has expired says the lease") {
  Stalled stalled;
  stalled.begin(transfer_by(GENERATE(Change::put_file, Change::put_snapshot, Change::put_certificate)), "true");
  stalled.age_lease(61);
  check_refused(stalled.go_on(), "expired, ");
  CHECK(stalled.names() == std::vector<std::string>());
}

TEST_CASE("a transfer under a lease that is still the run's goes through, however long its sender stalled") {
  Stalled stalled;
  const Transfer transfer = transfer_by(GENERATE(Change::put_file, Change::put_snapshot, Change::put_certificate));
  stalled.begin(transfer);
  CHECK(stalled.node().renew_lease(ours, soon()).is_done());
  const auto ended = stalled.go_on();
  REQUIRE(ended.ok());
  CHECK(ended->output == "");
  CHECK(ended->exit_status == 0);
  CHECK(stalled.names().size() == (transfer.change == Change::put_file ? 1 : 2));
}

TEST_CASE("what a transfer that was killed has left is gone after the next one to the same path") {
  Stalled stalled;
  const Change change = GENERATE(Change::put_file, Change::put_snapshot, Change::put_certificate);
  write_file(stalled.session().place(folder + "/.other.quorate.run-1.17"), "another's");
  stalled.begin(transfer_by(change), "kill -KILL 0");
  CHECK(stalled.go_on()->exit_status == 128 + SIGKILL);
  CHECK(stalled.names().size() == 2);
  stalled.start("printf 'half and half'", transfer_by(change));
  CHECK(stalled.end()->exit_status == 0);
  CHECK(stalled.names().size() == (change == Change::put_file ? 2 : 3));
}

TEST_CASE("of two transfers to one path the one that began later stays, and the earlier one leaves nothing") {
  Stalled stalled;
  stalled.begin(transfer_by(GENERATE(Change::put_file, Change::put_certificate)));
  const Outcome later = stalled.node().put_file(ours, file(folder + "/file", "later", "600"), soon());
  CHECK(later.detail == "");
  CHECK(stalled.go_on()->exit_status == 1);
  CHECK(read_file(stalled.session().place(folder + "/file")) == "later");
  CHECK(stalled.names().size() == 1);
}

TEST_CASE("a sender that sends no end is not waited for, and its command leaves nothing") {
  Stalled stalled;
  stalled.add_program("timeout", "#!/bin/sh\n[ \"$1\" != 60 ] || set -- 1 cat\nexec /usr/bin/timeout \"$@\"\n");
  stalled.start("printf half; sleep 3", transfer_by(GENERATE(Change::put_file, Change::put_snapshot, Change::put_certificate)));
  const auto ended = stalled.end();
  REQUIRE(ended.ok());
  CHECK(ended->exit_status == 1);
  CHECK_THAT(ended->output, Catch::EndsWith(" did not arrive whole\n"));
  CHECK(stalled.names() == std::vector<std::string>());
}

TEST_CASE("a snapshot that is proven is not read again, and needs the lease all the same") {
  Stalled stalled;
  const Transfer transfer = transfer_by(Change::put_snapshot);
  stalled.start("printf 'half and half'", transfer);
  CHECK(stalled.end()->exit_status == 0);
  stalled.start("true", transfer);
  CHECK(stalled.end()->exit_status == 0);
  stalled.age_lease(61);
  stalled.start("true", transfer);
  check_refused(stalled.end(), "expired, ");
}

TEST_CASE("a record that stalls on its way keeps nobody from the lease") {
  Stalled stalled;
  REQUIRE(stalled.node().release_lease(ours, {}, soon()).is_done());
  stalled.start(stalls + "printf ' and half'", {Change::take_lease, {"", "13"}});
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const node::LeaseResult taken = stalled.node().take_lease(record_of("run-2"), {}, soon());
  CHECK(taken.detail == "");
  CHECK(taken.kind == Kind::taken);
  CHECK_THAT(stalled.go_on()->output, Catch::StartsWith("held "));
}

}  // namespace
}  // namespace quorate::test
