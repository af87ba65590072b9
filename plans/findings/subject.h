// SPDX-License-Identifier: Apache-2.0
// Private to the findings of one node.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "plans/finding.h"
#include "plans/situation.h"
#include "schemas/observation.pb.h"
#include "schemas/spec.pb.h"

namespace quorate {

/// The node that is spoken of; `member` is null where none is listed for it.
struct Subject {
  const NodeObservation& node;
  const NodeSituation& condition;
  const MemberSituation* member;
  const ClusterSpec& spec;
  std::int64_t now_seconds;
  std::vector<Finding>& findings;

  void add(FindingKind kind, const std::string& summary, std::vector<std::string> evidence, const std::string& remedy) const {
    findings.push_back(
        make_finding(kind, {.subject = node.name(), .summary = summary, .evidence = std::move(evidence), .remedy = remedy}));
  }
};

// One file each.
void certificate_findings(const Subject& subject);
void alarm_findings(const Subject& subject);

}  // namespace quorate
