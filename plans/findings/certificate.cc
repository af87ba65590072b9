// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>

#include "plans/findings/subject.h"
#include "plans/lookup.h"
#include "plans/node_condition.h"
#include "schemas/duration.h"

namespace quorate {
namespace {

// The calendar without the C library's gmtime, which plans may not call: days from civil, Howard Hinnant's algorithm.
std::string date_of(std::int64_t seconds) {
  std::int64_t days = seconds / 86400 + 719468;
  const std::int64_t era = days / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", static_cast<int>(year), static_cast<int>(month), static_cast<int>(day));
  return text.data();
}

}  // namespace

void certificate_findings(const Subject& subject) {
  if (!subject.node.has_facts()) return;
  const std::int64_t soon =
      parse_duration(subject.spec.certificates().renew_before()).value_or(std::chrono::hours(24 * 30)).count();
  const NodeFacts& facts = subject.node.facts();
  for (const Certificate& certificate : facts.certificates()) {
    const std::string& path = certificate.path();
    if (!certificate.present()) continue;
    if (!certificate.problem().empty()) {
      subject.add(FindingKind::certificate_missing, "A certificate cannot be read.", {path + ": " + certificate.problem()}, "");
      continue;
    }
    const std::string until = path + ": valid until " + date_of(certificate.not_after_seconds());
    if (certificate.not_after_seconds() <= subject.now_seconds) {
      subject.add(FindingKind::certificate_expired, "A certificate has expired.", {until}, "kubeadm certs renew");
    } else if (certificate.not_after_seconds() <= subject.now_seconds + soon) {
      subject.add(FindingKind::certificate_expires_soon, "A certificate expires soon.", {until}, "kubeadm certs renew");
    }
    if (certificate.has_key_matches() && !certificate.key_matches()) {
      subject.add(FindingKind::certificate_missing, "A certificate's key is missing or is another's.", {path}, "Issued anew.");
    }
  }
  // What cannot be seen is not missing.
  if (subject.condition.certificates_unseen) return;
  if (!subject.condition.authority_present && subject.member != nullptr) {
    const bool there = std::any_of(facts.certificates().begin(), facts.certificates().end(), [](const Certificate& certificate) {
      return base_name(certificate.path()) == "ca.crt" && certificate.present();
    });
    subject.add(FindingKind::authority_missing, there ? "etcd's CA there is not the cluster's." : "etcd's CA is missing.",
                {facts.pki_directory() + "/ca.crt"}, "Brought from a node that has it, with its key, before etcd is started.");
  }
  const std::vector<std::string> bad = bad_certificates(subject.node.facts(), subject.now_seconds);
  if (!bad.empty() && subject.member != nullptr) {
    subject.add(FindingKind::certificate_missing, "Certificates of etcd are missing or of no use.", bad,
                "Issued with the cluster's CA before etcd is started.");
  }
}

}  // namespace quorate
