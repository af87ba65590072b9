// SPDX-License-Identifier: Apache-2.0
#include "tests/providers/node/contract.h"

#include <array>
#include <cstdio>

#include <sys/stat.h>

#include "providers/node/ssh_node.h"
#include "tests/support/fake_node.h"
#include "tests/support/local_session.h"

namespace quorate::test {
namespace {

constexpr const char* record_path = "/var/lib/quorate/run.json";

class Fake : public NodeUnderTest {
 public:
  node::Node& node() override { return node_; }
  void write(const std::string& path, const std::string& content) override { node_.write_file(path, content); }
  void make_directory(const std::string& path) override { node_.make_directory(path); }
  std::optional<std::string> read(const std::string& path) override {
    const auto found = node_.file(path);
    return found ? std::optional(found->content) : std::nullopt;
  }
  std::string mode(const std::string& path) override { return node_.file(path).value_or(FakeFile()).mode; }
  std::string owner(const std::string& path) override { return node_.file(path).value_or(FakeFile()).owner; }
  bool exists(const std::string& path) override { return node_.exists(path); }
  void add_restore_tool() override { node_.set_tools({"crictl", "etcdctl"}); }
  void add_etcd() override { node_.set_tools({"crictl", "etcd", "etcdctl"}); }
  void age_lease(int seconds) override { node_.advance(std::chrono::seconds(seconds)); }

 private:
  FakeNode node_{"node1"};
};

class Scripts : public NodeUnderTest {
 public:
  node::Node& node() override { return *node_; }
  void write(const std::string& path, const std::string& content) override {
    std::filesystem::create_directories(session_.place(path).parent_path());
    write_file(session_.place(path), content);
  }
  void make_directory(const std::string& path) override { std::filesystem::create_directories(session_.place(path)); }
  std::optional<std::string> read(const std::string& path) override {
    if (!std::filesystem::is_regular_file(session_.place(path))) return std::nullopt;
    return read_file(session_.place(path));
  }
  std::string mode(const std::string& path) override {
    struct stat status {};
    stat(session_.place(path).c_str(), &status);
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%o", status.st_mode & 07777U);
    return text.data();
  }
  std::string owner(const std::string& path) override {
    struct stat status {};
    stat(session_.place(path).c_str(), &status);
    return std::to_string(status.st_uid) + ":" + std::to_string(status.st_gid);
  }
  bool exists(const std::string& path) override { return std::filesystem::exists(session_.place(path)); }
  void add_restore_tool() override {
    add_program(
        "etcdctl",
        "#!/bin/sh\n[ \"$1 $2 $4\" = \"snapshot restore --data-dir\" ] && mkdir -p \"$5/member/wal\" \"$5/member/snap\" &&\n"
        "  cp \"$3\" \"$5/member/snap/db\" && : >\"$5/member/wal/0.wal\"\n");
  }
  void add_etcd() override {
    // As etcd 3.4: a client's socket that is there is somebody else's.
    add_program(
        "etcd",
        "#!/bin/sh\nrm -f served\nls member/wal/*.wal && set -C && : >localhost:2379 && set +C && : >served && exec sleep 30\n");
    add_program("etcdctl",
                "#!/bin/sh\nwhile [ \"${1#--}\" != \"$1\" ]; do shift; done\n[ \"$*\" != 'endpoint health' ] || { sleep 0.3; exec "
                "test -e served; }\n"
                "[ \"$1\" != get ] || exec echo '\"Count\" : 0'\n"
                "[ \"$1 $2\" != 'endpoint hashkv' ] || exec echo 'unix://localhost:2379, 17'\n"
                "[ \"$1 $2\" = 'snapshot save' ] && if [ -d member ]; then cat member/wal/*.wal; else printf served; fi >\"$3\"\n");
    add_program("systemctl", "#!/bin/sh\necho \"$*\" >>" + session_.place("/var/lib/kubelet-calls").string() + "\n");
  }
  void age_lease(int seconds) override {
    const auto path = session_.place(record_path);
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) - std::chrono::seconds(seconds));
  }

 private:
  void add_program(const std::string& name, const std::string& script) {
    const auto program = session_.place("/usr/local/bin/" + name);
    write_file(program, script);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }

  LocalSession session_;
  std::unique_ptr<node::Node> node_ = node::make_ssh_node("node1", session_, "");
};

}  // namespace

std::unique_ptr<NodeUnderTest> make_node_under_test(NodeKind kind) {
  if (kind == NodeKind::fake) return std::make_unique<Fake>();
  return std::make_unique<Scripts>();
}

node::Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(20); }

RunRecord record_of(const std::string& run_id) {
  RunRecord record;
  record.set_run_id(run_id);
  record.set_cluster("prod-eu1");
  record.set_owner("ops@desk");
  return record;
}

MovePath move(const std::string& from, const std::string& to) {
  MovePath message;
  message.set_from(from);
  message.set_to(to);
  return message;
}

MoveEntries move_all(const std::string& from, const std::string& to) {
  MoveEntries message;
  message.set_from(from);
  message.set_to(to);
  return message;
}

PutFile file(const std::string& path, const std::string& content, const std::string& mode) {
  PutFile message;
  message.set_path(path);
  message.set_content(content);
  message.set_mode(mode);
  return message;
}

}  // namespace quorate::test
