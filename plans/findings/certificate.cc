// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>

#include "plans/certificates.h"
#include "plans/findings/subject.h"
#include "plans/lookup.h"

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

bool is_authority(const Certificate& certificate) { return base_name(certificate.path()) == "ca.crt"; }

bool is_of_control_plane(const NodeFacts& facts, const Certificate& certificate) {
  const auto others = control_plane_certificates(facts);
  return std::any_of(others.begin(), others.end(), [&](const auto& other) { return other.second == &certificate; });
}

bool is_kept_on_workstation(const Subject& subject) { return !subject.spec.certificates().authority().empty(); }

std::string renewal_remedy(const Subject& subject, const Certificate& certificate) {
  const NodeFacts& facts = subject.node.facts();
  if (is_of_control_plane(facts, certificate)) return "--renew-certificates=all: by kubeadm, one node at a time.";
  if (is_authority(certificate)) {
    return "Nothing outlives it. --rotate-ca: another one in its place, one node at a time, while it is still valid.";
  }
  return is_kept_on_workstation(subject)
             ? "Issued anew with the CA of spec.certificates.authority; nothing is restarted."
             : "Issued anew with the cluster's CA, of which some node must have the key; nothing is restarted.";
}

void date_findings(const Subject& subject, const Certificate& certificate) {
  const std::string until = certificate.path() + ": valid until " + date_of(certificate.not_after_seconds());
  if (certificate.not_after_seconds() <= subject.now_seconds) {
    subject.add(FindingKind::certificate_expired, "A certificate has expired.", {until}, renewal_remedy(subject, certificate));
  } else if (expires_soon(subject.spec, certificate, subject.now_seconds)) {
    subject.add(FindingKind::certificate_expires_soon, "A certificate expires soon.", {until},
                renewal_remedy(subject, certificate));
  }
  const std::int64_t node_now_seconds = subject.now_seconds + subject.node.facts().clock_skew_milliseconds() / 1000;
  if (certificate.not_before_seconds() <= node_now_seconds) return;
  subject.add(FindingKind::certificate_not_yet_valid, "A certificate is not valid yet, by the node's clock.",
              {certificate.path() + ": valid from " + date_of(certificate.not_before_seconds()),
               "the node's clock says " + date_of(node_now_seconds)},
              "Where the clock is wrong, mend its time source. A certificate of etcd's is valid as long as its CA is.");
}

// It renews it by itself, unless it did not run for a long time.
void kubelet_certificate_findings(const Subject& subject) {
  const Kubelet& kubelet = subject.node.facts().kubelet();
  if (!kubelet.has_client_certificate_expires_seconds()) return;
  const std::int64_t until = kubelet.client_certificate_expires_seconds();
  if (until > subject.now_seconds) return;
  subject.add(
      FindingKind::certificate_expired, "The kubelet's client certificate has expired.",
      {"/var/lib/kubelet/pki/kubelet-client-current.pem: valid until " + date_of(until)},
      "It runs static pods without. For a new one: kubeadm init phase kubeconfig kubelet, on a node with the cluster's CA key, "
      "and systemctl restart kubelet.");
}

void key_findings(const Subject& subject, const Certificate& certificate) {
  // A CA's key may well be elsewhere.
  if (!is_authority(certificate) && certificate.has_key_matches() && !certificate.key_matches()) {
    subject.add(FindingKind::certificate_missing, "A certificate's key is missing or is another's.", {certificate.path()},
                "Issued anew.");
  }
  if (!key_is_exposed(certificate)) return;
  const std::string key = certificate.path().substr(0, certificate.path().rfind('.')) + ".key";
  subject.add(FindingKind::key_exposed, "Everybody on the node can read a private key.", {key + ": mode " + certificate.key_mode()},
              is_authority(certificate)
                  ? "chmod 600 " + key + ", on " + subject.node.name() + ". Who has read it can sign anything."
                  : "Another key and certificate are issued: this one may have been read.");
}

// `etcd-peer: its use is client`
std::vector<std::string> with_reasons(const NodeFacts& facts, const std::vector<std::string>& names) {
  std::vector<std::string> lines;
  for (const std::string& name : names) {
    const Certificate* certificate = find_certificate(facts, name);
    const bool is_there = certificate != nullptr && certificate->present() && certificate->problem().empty();
    const bool is_for_other_use = is_there && !is_for_use(*certificate, name);
    lines.push_back(name + (is_for_other_use
                                ? ": its use is " + join({certificate->usages().begin(), certificate->usages().end()}, ", ")
                                : ""));
  }
  return lines;
}

}  // namespace

void certificate_findings(const Subject& subject) {
  if (!subject.node.has_facts()) return;
  const NodeFacts& facts = subject.node.facts();
  for (const Certificate& certificate : facts.certificates()) {
    if (!certificate.present()) continue;
    if (certificate.problem().empty()) {
      date_findings(subject, certificate);
      key_findings(subject, certificate);
    } else {
      subject.add(FindingKind::certificate_missing, "A certificate cannot be read.",
                  {certificate.path() + ": " + certificate.problem()}, "");
    }
  }
  kubelet_certificate_findings(subject);
  if (!subject.condition.next_authority.empty()) {
    subject.add(
        FindingKind::authority_rotation, "A rotation of etcd's CA is not finished.",
        {"the next one is kept there: " + subject.condition.next_authority, "ca.crt has " + listed(subject.condition.authorities)},
        "--rotate-ca goes on with it. Until then it is safe as it is.");
  }
  if (subject.condition.serves_other_certificate) {
    subject.add(FindingKind::certificate_not_served, "Its etcd shows another certificate than the one that is on the disk.",
                {find_certificate(facts, "etcd-server")->path() + ": serial " + find_certificate(facts, "etcd-server")->serial(),
                 "shown: serial " + subject.node.endpoint().served_certificate().serial()},
                "See its manifest's --cert-file, and what else answers at its client URL.");
  }
  // What cannot be seen is not missing.
  if (subject.condition.certificates_unseen) return;
  if (!subject.condition.authority_present && subject.member != nullptr) {
    subject.add(FindingKind::authority_missing,
                find_authority(facts) != nullptr ? "etcd's CA there is not the cluster's." : "etcd's CA is missing.",
                {facts.pki_directory() + "/ca.crt"},
                is_kept_on_workstation(subject) ? "Brought from the workstation, without its key, before etcd is started."
                                                : "Brought from a node that has it, with its key, before etcd is started.");
  }
  std::vector<std::string> bad = bad_certificates(facts, subject.now_seconds);
  if (subject.condition.etcd == EtcdState::serving && !subject.condition.peer_url_wrong) {
    const auto& renewals = subject.condition.certificates_to_renew;
    std::erase_if(bad,
                  [&](const std::string& name) { return !renewals.contains(name) && find_certificate(facts, name) != nullptr; });
  }
  if (!bad.empty() && subject.member != nullptr) {
    subject.add(FindingKind::certificate_missing, "Certificates of etcd are missing or of no use.", with_reasons(facts, bad),
                "Issued with the cluster's CA.");
  }
}

}  // namespace quorate
