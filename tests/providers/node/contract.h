// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "providers/node/node.h"

namespace quorate::test {

/// A node and a way to look behind it.
class NodeUnderTest {
 public:
  virtual ~NodeUnderTest() = default;
  virtual node::Node& node() = 0;
  virtual void write(const std::string& path, const std::string& content) = 0;
  virtual void make_directory(const std::string& path) = 0;
  virtual std::optional<std::string> read(const std::string& path) = 0;
  virtual std::string mode(const std::string& path) = 0;
  virtual std::string owner(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  /// /usr/local/bin/etcdctl, which restores as etcd's own does, as far as a node sees it.
  virtual void add_restore_tool() = 0;
  /// /usr/local/bin/etcd with an etcdctl beside it, which serve and save data as etcd's own do, as far as a node sees it.
  virtual void add_etcd() = 0;
  /// Lets the lease grow older.
  virtual void age_lease(int seconds) = 0;
};

enum class NodeKind { fake, scripts };
std::unique_ptr<NodeUnderTest> make_node_under_test(NodeKind kind);

node::Deadline soon();
RunRecord record_of(const std::string& run_id);
MovePath move(const std::string& from, const std::string& to);
MoveEntries move_all(const std::string& from, const std::string& to);
PutFile file(const std::string& path, const std::string& content, const std::string& mode);

}  // namespace quorate::test
