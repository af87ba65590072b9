// SPDX-License-Identifier: Apache-2.0
// The shipped probe, run on this machine.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "providers/node/ssh_node.h"
#include "tests/providers/node/answer_builder.h"
#include "tests/providers/node/contract.h"
#include "tests/support/fake_node.h"
#include "tests/support/local_session.h"
#include "tests/support/program.h"

namespace quorate::test {
namespace {

class Workshop {
 public:
  void write(const std::string& path, const std::string& content, bool executable = false) {
    std::filesystem::create_directories(session_.place(path).parent_path());
    write_file(session_.place(path), content);
    if (executable) std::filesystem::permissions(session_.place(path), std::filesystem::perms::owner_all);
  }
  NodeFacts probe(const std::string& data_directory = "") {
    const auto node = node::make_ssh_node("node1", session_, data_directory);
    const auto probe = node->probe(soon());
    INFO(message_of(probe.status()));
    REQUIRE(probe.ok());
    return probe->facts;
  }
  LocalSession& session() { return session_; }

 private:
  LocalSession session_;
};

bool is_unknown(const NodeFacts& facts, const std::string& fact) {
  for (const Unknown& unknown : facts.unknowns()) {
    if (unknown.fact() == fact) return true;
  }
  return false;
}

TEST_CASE("a machine with nothing of Kubernetes on it is probed") {
  Workshop workshop;
  const NodeFacts facts = workshop.probe();
  CHECK(facts.hostname() != "");
  CHECK(std::abs(facts.clock_skew_milliseconds()) < 1000);
  CHECK(facts.manifest_directory() == "/etc/kubernetes/manifests");
  CHECK(facts.data_directory().path() == "/var/lib/etcd");
  CHECK_FALSE(facts.data_directory().exists());
  CHECK(facts.certificates_size() == 5);
  CHECK(facts.authority_key_present() == false);
  CHECK(is_unknown(facts, "containers"));
  CHECK_FALSE(facts.has_run());
}

TEST_CASE("what stands in the data directory's place and cannot be looked into is unknown, and not absent") {
  Workshop workshop;
  workshop.write("/var/lib/etcd", "a file");
  const NodeFacts facts = workshop.probe();
  CHECK(is_unknown(facts, "data_directory"));
  CHECK_FALSE(facts.has_data_directory());
}

TEST_CASE("a write-ahead log that cannot be listed is unknown, and not absent") {
  Workshop workshop;
  workshop.write("/var/lib/etcd/member/wal", "a file, as of a disk that fails");
  workshop.write("/usr/local/bin/ls", "#!/bin/sh\ncase $* in *wal) echo 'ls: wal: Input/output error' >&2; exit 2 ;; esac\n", true);
  const NodeFacts facts = workshop.probe();
  REQUIRE(facts.data_directory().unknowns_size() >= 1);
  bool told = false;
  for (const Unknown& unknown : facts.data_directory().unknowns()) {
    told = told || (unknown.fact() == "initialised" && unknown.reason().find("Input/output error") != std::string::npos);
  }
  CHECK(told);
}

// An etcd that is being restarted makes its log anew at that moment.
TEST_CASE("a write-ahead log that comes into being while it is looked for is no unknown") {
  Workshop workshop;
  workshop.write("/var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal", FakeNode::wal_head("a1", "b2"));
  workshop.write("/usr/local/bin/ls",
                 "#!/bin/sh\ncase $* in *wal) [ -e /etc/twice ] || { [ ! -e /etc/once ] || touch /etc/twice; touch /etc/once; "
                 "echo 'ls: wal: No such file or directory' >&2; exit 2; } ;; esac\nexec /bin/ls \"$@\"\n",
                 true);
  const NodeFacts facts = workshop.probe();
  CHECK_FALSE(is_unknown(facts, "data_directory"));
  CHECK(facts.data_directory().unknowns_size() == 0);
  CHECK(facts.data_directory().initialised());
}

TEST_CASE("a node of kubeadm's is probed") {
  Workshop workshop;
  workshop.write("/etc/kubernetes/manifests/etcd.yaml", test_data("etcd.yaml"));
  workshop.write("/etc/kubernetes/manifests/.etcd.yaml.part", "not a pod");
  workshop.write("/etc/kubernetes/tmp/kubeadm-backup-manifests-2026/etcd.yaml", test_data("etcd.yaml"));
  workshop.write("/var/lib/quorate/run-1/etcd.yaml", test_data("etcd.yaml"));
  workshop.write("/var/lib/quorate/tombstones/cdf818194e3a8c32", "restored by run 7e57\n");
  workshop.write("/var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal", FakeNode::wal_head("a1", "b2"));
  workshop.write("/var/lib/etcd/member/snap/db", "db");
  workshop.write("/var/lib/etcd/.quorate-1/member/old", "x");
  workshop.write("/var/lib/etcd/$(touch owned)\nname", "x");
  workshop.write("/usr/local/bin/crictl",
                 "#!/bin/sh\ncase $* in ps*) cat <<'EOF'\n" + test_data("crictl-ps-a.json") + "EOF\n;;\nimages*) cat <<'EOF'\n" +
                     test_data("crictl-images.json") + "EOF\n;;\nesac\n",
                 true);
  workshop.write("/var/log/pods/kube-system_etcd-node1_a3c62f0e/etcd/0.log", "2026-11-23T03:00:00.1Z stderr F started\n");
  const NodeFacts facts = workshop.probe();
  REQUIRE(facts.manifests_size() == 1);
  CHECK(facts.manifests(0).content() == test_data("etcd.yaml"));
  CHECK(facts.manifests(0).mode() == "600");
  CHECK(facts.other_manifest_names_size() == 0);
  CHECK(facts.spare_manifests_size() == 2);
  CHECK(facts.tombstones_size() == 1);
  CHECK(facts.data_directory().initialised());
  CHECK(facts.data_directory().member_id() == "00000000000000a1");
  CHECK(facts.data_directory().cluster_id() == "00000000000000b2");
  CHECK(facts.data_directory().entries_size() == 2);
  CHECK_FALSE(facts.data_directory().held());
  CHECK(facts.data_directory().has_free_bytes());
  CHECK(facts.set_asides_size() == 1);
  REQUIRE(facts.containers_size() == 1);
  CHECK(facts.containers(0).log_tail(0) == "started");
  CHECK(facts.images_size() == 7);
  CHECK_FALSE(is_unknown(facts, "containers"));
}

TEST_CASE("an open database is seen by its lock") {
  Workshop workshop;
  workshop.write("/var/lib/etcd/member/snap/db", "db");
  const Process holder({"flock", workshop.session().place("/var/lib/etcd/member/snap/db").string(), "sleep", "30"},
                       workshop.session().place("/var/log/holder"));
  bool held = false;
  for (int attempt = 0; attempt < 20 && !held; ++attempt) held = workshop.probe().data_directory().held();
  CHECK(held);
}

TEST_CASE("the data directory is the manifest's, mapped to the host, and the spec's where there is no manifest") {
  Workshop workshop;
  std::string manifest = test_data("etcd.yaml");
  const std::string host = "path: /var/lib/etcd\n";
  manifest.replace(manifest.find(host), host.size(), "path: /var/lib/elsewhere\n");
  workshop.write("/etc/kubernetes/manifests/etcd.yaml", manifest);
  workshop.write("/var/lib/elsewhere/member/x", "x");
  workshop.write("/var/lib/third/member/x", "x");
  CHECK(workshop.probe().data_directory().path() == "/var/lib/elsewhere");
  CHECK(workshop.probe().data_directory().entries_size() == 1);
  CHECK(workshop.probe("/var/lib/third").data_directory().path() == "/var/lib/elsewhere");
  std::filesystem::remove(workshop.session().place("/etc/kubernetes/manifests/etcd.yaml"));
  CHECK(workshop.probe("/var/lib/third").data_directory().path() == "/var/lib/third");
}

TEST_CASE("an etcd in another network, a pod's, is not the node's") {
  Workshop workshop;
  workshop.write("/usr/local/bin/etcd", "", true);
  std::filesystem::copy_file("/usr/bin/sleep", workshop.session().place("/usr/local/bin/etcd"),
                             std::filesystem::copy_options::overwrite_existing);
  const std::string etcd = workshop.session().place("/usr/local/bin/etcd").string();
  const auto seen = [&](const std::vector<std::string>& before) {
    std::vector<std::string> arguments = before;
    arguments.insert(arguments.end(), {etcd, "20.75"});
    const TemporaryDirectory files;
    const Process running(arguments, files.path() / "log");
    bool found = false;
    for (int i = 0; i < 10 && !found; ++i) {
      const NodeFacts facts = workshop.probe();
      for (const EtcdProcess& process : facts.processes()) {
        found = found || (process.arguments_size() == 2 && process.arguments(1) == "20.75");
      }
    }
    return found;
  };
  CHECK(seen({"env"}));
  CHECK_FALSE(seen({"unshare", "-n"}));
}

TEST_CASE("the API server is asked where it listens") {
  Workshop workshop;
  workshop.write("/usr/local/bin/curl", "#!/bin/sh\nfor url; do :; done\necho \"$url\" >/etc/asked\nprintf 200\n", true);
  const auto asked_for = [&](const std::string& flag) {
    workshop.write("/etc/kubernetes/manifests/kube-apiserver.yaml", "    - kube-apiserver\n" + flag);
    CHECK(workshop.probe().api_server_ready());
    return read_file(workshop.session().place("/etc/asked"));
  };
  CHECK(asked_for("") == "https://127.0.0.1:6443/readyz\n");
  CHECK(asked_for("    - --bind-address=0.0.0.0\n") == "https://127.0.0.1:6443/readyz\n");
  CHECK(asked_for("    - --bind-address=10.20.30.101\n") == "https://10.20.30.101:6443/readyz\n");
  CHECK(asked_for("    - --bind-address=2001:db8::1\n") == "https://[2001:db8::1]:6443/readyz\n");
}

TEST_CASE("a runtime that hangs costs three seconds, and not the answer") {
  Workshop workshop;
  workshop.write("/usr/local/bin/crictl", "#!/bin/sh\nexec sleep 20\n", true);
  const auto before = std::chrono::steady_clock::now();
  const NodeFacts facts = workshop.probe();
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(8));
  CHECK(is_unknown(facts, "containers"));
  CHECK(facts.certificates_size() == 5);
}

// Seen with a real kubelet, which collected the container between the listing and the look at it.
TEST_CASE("a container that the kubelet collects meanwhile is none, and no unknown") {
  Workshop workshop;
  workshop.write("/usr/local/bin/ctr",
                 "#!/bin/sh\ncase \"$3 $4\" in\n"
                 "  'containers ls') echo kept; echo collected ;;\n"
                 "  'containers info') [ $5 = kept ] && echo '{\"ID\":\"kept\"}' || { echo 'ctr: container \"collected\": not "
                 "found' >&2; exit 1; } ;;\n"
                 "esac\n",
                 true);
  std::filesystem::create_directories(workshop.session().place("/run/containerd"));
  REQUIRE(mknod(workshop.session().place("/run/containerd/containerd.sock").c_str(), S_IFSOCK | 0600, 0) == 0);
  const NodeFacts facts = workshop.probe();
  REQUIRE(facts.containers_size() == 1);
  CHECK(facts.containers(0).id() == "kept");
  CHECK_FALSE(is_unknown(facts, "containers"));
}

TEST_CASE("a session that refuses or breaks is an error, and no answer") {
  class Broken : public ssh::Session {
   public:
    explicit Broken(absl::StatusOr<ssh::CommandResult> answer) : answer_(std::move(answer)) {}
    absl::StatusOr<ssh::CommandResult> run(const ssh::Command& /*command*/, ssh::Deadline /*deadline*/) override { return answer_; }
    absl::StatusOr<std::unique_ptr<ssh::Forward>> forward(const std::string& /*host*/, std::uint16_t /*port*/) override {
      return unavailable("none");
    }
    [[nodiscard]] bool alive() const override { return true; }

   private:
    absl::StatusOr<ssh::CommandResult> answer_;
  };
  Broken sudo(ssh::CommandResult{1, "", "sudo: a password is required\n"});
  CHECK(node::make_ssh_node("node1", sudo, "")->probe(soon()).status().code() == absl::StatusCode::kPermissionDenied);
  Broken gone(unavailable("the connection is gone"));
  CHECK(node::make_ssh_node("node1", gone, "")->probe(soon()).status().code() == absl::StatusCode::kUnavailable);
  CHECK(node::make_ssh_node("node1", gone, "")->renew_lease({"run-1"}, soon()).kind == Outcome::Kind::unknown);
  Broken killed(ssh::CommandResult{143, "", ""});
  CHECK(node::make_ssh_node("node1", killed, "")->renew_lease({"run-1"}, soon()).kind == Outcome::Kind::unknown);
  Broken motd(ssh::CommandResult{0, "Welcome!\n", ""});
  CHECK(node::make_ssh_node("node1", motd, "")->probe(soon()).status().code() == absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quorate::test
