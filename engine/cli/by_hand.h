// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/plan.pb.h"
#include "schemas/spec.pb.h"

namespace quorate::cli {

/// Operations as lines for a shell, each under a comment that says where it is typed: `# on NODE, as root:` or `# on this
/// workstation:`. They may be typed again where an operation is done already. No secret is in them.
class ByHand {
 public:
  /// The observation says which voters of the plan's cluster can be asked.
  ByHand(const Spec& spec, const Plan& plan, const Observation& observation);

  [[nodiscard]] std::string commands(const Operation& operation) const;

  /// How they are to be typed, as the end of a sentence.
  static std::string how() { return "in this order; where a node has no etcdctl, the one in its etcd container does.\n"; }

  /// The step's title, what must hold before it, what it does, and what must hold before the next is begun, as comments and
  /// commands.
  [[nodiscard]] std::string commands(const Step& step) const;

 private:
  [[nodiscard]] std::string etcdctl(const std::string& arguments) const;
  [[nodiscard]] static std::string etcdctl_at(const std::string& endpoints, const std::string& arguments);
  [[nodiscard]] std::string identifier_at(const std::string& peer_url, bool learner) const;
  [[nodiscard]] std::string on_voter(const std::string& lines) const;
  [[nodiscard]] std::string add(const MemberAdd& operation) const;
  [[nodiscard]] std::string remove(const MemberRemove& operation) const;
  [[nodiscard]] std::string promote(const MemberPromote& operation) const;
  [[nodiscard]] std::string put_snapshot(const PutSnapshot& operation) const;
  [[nodiscard]] std::string fetch_snapshot(const FetchSnapshot& operation) const;
  [[nodiscard]] std::string bring_here(const std::string& node, const std::string& path, const std::string& to) const;
  [[nodiscard]] std::string save_served_here(const std::string& node, const std::string& to) const;
  [[nodiscard]] std::string save_backup(const SaveBackup& operation) const;
  [[nodiscard]] std::string disarm(const Disarm& operation) const;
  [[nodiscard]] std::string check_store(const CheckStore& operation) const;
  [[nodiscard]] std::string ssh(const std::string& node, const std::string& script) const;
  [[nodiscard]] std::string copy(const CopyAuthority& operation) const;
  [[nodiscard]] std::string issue(const IssueCertificate& operation) const;
  [[nodiscard]] static std::string make_authority(const MakeAuthority& operation);
  [[nodiscard]] std::string write_authorities(const WriteAuthorities& operation) const;

  const Spec& spec_;
  std::string voter_;  // the node on which etcdctl is typed
  std::string endpoints_;
  std::map<std::string, std::string> data_directories_;  // by node
};

}  // namespace quorate::cli
