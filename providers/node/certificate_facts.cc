// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "providers/node/facts.h"
#include "providers/node/text.h"
#include "providers/pki/certificates.h"

namespace quorate::node {
namespace {

struct Pair {
  FileFrame certificate;
  FileFrame key;
};

std::string stem_of(const std::string& path) { return path.substr(0, path.rfind('.')); }

absl::StatusOr<std::vector<Pair>> read_pairs(const Answer& answer) {
  const auto certificates = answer.all("certificate");
  const auto keys = answer.all("key");
  if (certificates.size() != keys.size()) return corrupt("certificates and keys do not pair");
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    absl::StatusOr<FileFrame> certificate = read_file_frame(certificates[i]);
    absl::StatusOr<FileFrame> key = read_file_frame(keys[i]);
    if (!certificate.ok()) return certificate.status();
    if (!key.ok()) return key.status();
    if (stem_of(certificate->path) != stem_of(key->path)) return corrupt("certificates and keys do not pair");
    pairs.push_back({*std::move(certificate), *std::move(key)});
  }
  return pairs;
}

std::string pem_of(const FileFrame& file) { return std::string(file.content.expose()); }

bool was_read(const FileFrame& file) { return file.state == FileFrame::State::read; }

Certificate describe_pair(const Pair& pair, const std::string& authority) {
  Certificate certificate;
  if (was_read(pair.certificate)) {
    certificate = pki::describe(pem_of(pair.certificate));
  } else if (pair.certificate.state != FileFrame::State::absent) {
    certificate.set_problem(pair.certificate.problem);
  }
  certificate.set_path(to_utf8(pair.certificate.path));
  certificate.set_present(pair.certificate.state != FileFrame::State::absent);
  certificate.set_key_mode(pair.key.mode);
  if (was_read(pair.certificate) && was_read(pair.key)) {
    certificate.set_key_matches(pki::key_matches(pem_of(pair.certificate), pair.key.content));
  } else if (pair.key.state == FileFrame::State::absent) {
    certificate.set_key_matches(false);
  }
  if (was_read(pair.certificate) && !authority.empty()) {
    certificate.set_signed_by_authority(pki::signed_by(pem_of(pair.certificate), authority));
  }
  return certificate;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The one that etcd is meant to be asked with first; an expired pair only where there is no better one.
int rank(const Certificate& certificate, std::int64_t now_seconds) {
  if (!certificate.present() || !certificate.problem().empty() || !certificate.key_matches()) return 0;
  int kind = 0;
  if (ends_with(certificate.path(), "/healthcheck-client.crt")) kind = 3;
  if (ends_with(certificate.path(), "/server.crt")) kind = 2;
  if (ends_with(certificate.path(), "/apiserver-etcd-client.crt")) kind = 1;
  if (kind == 0) return 0;
  const bool valid = certificate.not_before_seconds() <= now_seconds && now_seconds < certificate.not_after_seconds();
  return kind + (valid ? 10 : 0) + (certificate.signed_by_authority() ? 100 : 0);
}

void check_authority_key(const std::vector<Pair>& pairs, NodeFacts* facts) {
  for (int i = 0; i < facts->certificates_size(); ++i) {
    const Certificate& certificate = facts->certificates(i);
    if (!ends_with(certificate.path(), "/ca.crt")) continue;
    if (certificate.has_key_matches()) {
      facts->set_authority_key_present(certificate.key_matches());
    } else if (!certificate.present()) {
      facts->set_authority_key_present(false);
    } else {
      const FileFrame& key = pairs[static_cast<std::size_t>(i)].key;
      add_unknown(facts, "authority_key_present", key.problem.empty() ? certificate.problem() : key.problem);
    }
  }
}

void add_other(const std::string& path, const std::string& pem, NodeFacts* facts) {
  Certificate& certificate = *facts->add_certificates() = pki::describe(pem);
  certificate.set_path(to_utf8(path));
  certificate.set_present(true);
}

// One that has no certificate yet is not there.
absl::Status read_next_authority(const Answer& answer, NodeFacts* facts) {
  if (!answer.has("next-authority") || !answer.has("next-authority-key")) return absl::OkStatus();
  const absl::StatusOr<FileFrame> certificate = read_file_frame(answer.text("next-authority"));
  const absl::StatusOr<FileFrame> key = read_file_frame(answer.text("next-authority-key"));
  if (!certificate.ok()) return certificate.status();
  if (!key.ok()) return key.status();
  if (certificate->state == FileFrame::State::absent) return absl::OkStatus();
  *facts->mutable_next_authority() = describe_pair({*certificate, *key}, "");
  return absl::OkStatus();
}

// Their keys stay on the node. A kubeconfig with another way to log in has no certificate.
absl::Status read_control_plane_certificates(const Answer& answer, NodeFacts* facts) {
  for (const std::string_view body : answer.all("control-plane-certificate")) {
    const absl::StatusOr<FileFrame> file = read_file_frame(body);
    if (!file.ok()) return file.status();
    if (was_read(*file)) add_other(file->path, pem_of(*file), facts);
  }
  for (const std::string_view body : answer.all("kubeconfig-certificate")) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const absl::StatusOr<std::string> pem = decode("base64", body.substr(end));
    // A kubeconfig that somebody has damaged is no reason to work on nothing there.
    if (!pem.ok() || !pem->empty()) add_other(std::string(body.substr(0, end)), pem.ok() ? *pem : "it is no base64", facts);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status read_certificate_facts(const Answer& answer, std::int64_t now_seconds, Probe* probe) {
  const absl::StatusOr<std::vector<Pair>> pairs = read_pairs(answer);
  if (!pairs.ok()) return pairs.status();
  probe->facts.set_pki_directory(to_utf8(answer.text("pki-directory")));

  std::string authority;
  for (const Pair& pair : *pairs) {
    if (ends_with(pair.certificate.path, "/ca.crt")) authority = pem_of(pair.certificate);
  }
  const Pair* best = nullptr;
  int best_rank = 0;
  for (const Pair& pair : *pairs) {
    const Certificate& certificate = *probe->facts.add_certificates() = describe_pair(pair, authority);
    if (rank(certificate, now_seconds) <= best_rank) continue;
    best_rank = rank(certificate, now_seconds);
    best = &pair;
  }
  const std::vector<Certificate> authorities = pki::describe_all(authority);
  for (std::size_t i = 1; i < authorities.size(); ++i) *probe->facts.add_more_authorities() = authorities[i];
  probe->credentials.authority = authority;
  if (best != nullptr) {
    probe->credentials.certificate = pem_of(best->certificate);
    probe->credentials.key = best->key.content;
  }
  check_authority_key(*pairs, &probe->facts);
  if (absl::Status status = read_next_authority(answer, &probe->facts); !status.ok()) return status;
  return read_control_plane_certificates(answer, &probe->facts);
}

}  // namespace quorate::node
