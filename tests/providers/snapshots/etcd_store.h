// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/program.h"

namespace quorate::test {

/// A real etcd of one member, on loopback, that etcdctl fills: its snapshots are what the reader must understand.
class EtcdStore {
 public:
  EtcdStore();

  /// What etcdctl prints.
  std::string etcdctl(const std::vector<std::string>& arguments);
  /// Puts and deletions as one transaction of at most 128.
  void change(const std::vector<std::string>& commands);
  /// `etcdctl snapshot save`; the file's path.
  std::string save(const std::string& name);
  /// The database file of the stopped member.
  std::string stop();
  [[nodiscard]] const std::string& client_url() const { return client_url_; }
  [[nodiscard]] const std::string& peer_url() const { return peer_url_; }

 private:
  TemporaryDirectory directory_;
  std::string client_url_;
  std::string peer_url_;
  std::unique_ptr<Process> process_;
};

}  // namespace quorate::test
