// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "plans/alarms.h"
#include "plans/bytes_text.h"
#include "plans/findings/subject.h"

namespace quorate {
namespace {

// Every member tells the alarms of all.
std::vector<std::string> alarm_evidence(const Subject& subject, const std::string& alarm) {
  std::vector<std::string> evidence;
  for (const std::string& error : subject.node.endpoint().status().errors()) {
    if (error.find("alarm:" + alarm) != std::string::npos) evidence.push_back(error);
  }
  return evidence;
}

std::string quota_text(std::uint64_t quota) {
  return quota == std::numeric_limits<std::uint64_t>::max() ? "none" : text_of_bytes(quota);
}

void full_store_finding(const Subject& subject) {
  const EndpointStatus& status = subject.node.endpoint().status();
  if (!is_raised(status, no_space_alarm)) return;
  const std::uint64_t quota = quota_bytes(subject.node.facts());
  std::vector<std::string> evidence = alarm_evidence(subject, no_space_alarm);
  evidence.push_back("database: " + text_of_bytes(status.database_bytes()) +
                     ", in use: " + text_of_bytes(status.database_bytes_in_use()) + ", quota: " + quota_text(quota));
  std::string remedy = "History is dropped and the databases are written anew, as soon as no learner is left.";
  if (status.database_bytes_in_use() > quota / 4 * 3) {
    remedy +=
        " Most of it is in use, so it may soon be full again: find what fills it, or give etcd a larger quota-backend-bytes in the "
        "spec's extraArgs, which is set first, where every voter serves.";
  }
  subject.add(FindingKind::alarm, "The store is full, and every write is refused.", evidence, remedy);
}

}  // namespace

void alarm_findings(const Subject& subject) {
  full_store_finding(subject);
  // What is done about it is said of all members at once.
  if (!is_raised(subject.node.endpoint().status(), corrupt_alarm)) return;
  subject.add(FindingKind::alarm, "It knows of a store that differs, and serves nothing.", alarm_evidence(subject, corrupt_alarm),
              "");
}

}  // namespace quorate
