// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "providers/etcd/client.h"

namespace quorate::test {

/// A cluster under the contract: the real etcd, or the fake. Names are nodes'.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual std::string peer_url(const std::string& name) = 0;
  virtual std::unique_ptr<etcd::Client> client(const std::string& name) = 0;
  virtual void start(const std::string& name, const MemberList& list) = 0;
  virtual void stop(const std::string& name) = 0;
  virtual void put(const std::string& name, const std::string& key) = 0;
  /// Lets time pass.
  virtual void wait(std::chrono::milliseconds time) = 0;
};

using MakeSubject = std::function<std::unique_ptr<Subject>(const std::vector<std::string>& voters)>;

/// What every etcd does, as Catch2 assertions: whoever passes it may stand for another.
void check_contract(const MakeSubject& make_subject);

}  // namespace quorate::test
