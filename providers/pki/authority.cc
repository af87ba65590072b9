// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "providers/pki/certificate_parts.h"
#include "providers/pki/certificates.h"
#include "providers/pki/owned.h"
#include "providers/pki/pem.h"

namespace quorate::pki {
namespace {

// It is shown at once to nodes whose clocks are behind.
constexpr long backdate_seconds = 3600;

bool set_dates_like(X509* certificate, X509* other, std::chrono::system_clock::time_point now) {
  const std::time_t begin = std::chrono::system_clock::to_time_t(now) - backdate_seconds;
  const long long lasts = unix_seconds(X509_get0_notAfter(other)) - unix_seconds(X509_get0_notBefore(other));
  return ASN1_TIME_set(X509_getm_notBefore(certificate), begin) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), begin + lasts) != nullptr;
}

bool add_authority_usages(X509* certificate) {
  return add_extension(certificate, certificate, NID_key_usage, "critical,digitalSignature,keyEncipherment,keyCertSign") &&
         add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
}

std::string common_name_of(X509* certificate) { return describe_certificate(certificate).subject(); }

}  // namespace

absl::StatusOr<Issued> make_authority(const std::string& common_name, const std::string& like_pem,
                                      std::chrono::system_clock::time_point now) {
  if (common_name.empty()) return invalid("an authority needs a common name");
  std::string problem;
  const CertificateHandle other = read_certificate(like_pem, &problem);
  if (other == nullptr) return invalid("the authority of before cannot be read: " + problem);
  const KeyHandle key = key_like(X509_get0_pubkey(other.get()));
  const CertificateHandle certificate(X509_new());
  X509* made = certificate.get();
  const bool complete = key != nullptr && made != nullptr && X509_set_version(made, X509_VERSION_3) == 1 && set_serial(made) &&
                        add_name_entry(X509_get_subject_name(made), NID_commonName, common_name, false) &&
                        X509_set_issuer_name(made, X509_get_subject_name(made)) == 1 && set_dates_like(made, other.get(), now) &&
                        X509_set_pubkey(made, key.get()) == 1 && add_authority_usages(made) &&
                        X509_sign(made, key.get(), EVP_sha256()) != 0;
  if (!complete) return internal("the authority cannot be made: " + take_error());
  return written(made, key.get());
}

std::vector<Certificate> describe_all(const std::string& pem) {
  std::vector<Certificate> records;
  for (const CertificateHandle& certificate : read_certificates(pem)) records.push_back(describe_certificate(certificate.get()));
  return records;
}

absl::StatusOr<std::string> select_certificates(const std::string& pem, const std::vector<std::string>& common_names) {
  const std::vector<CertificateHandle> certificates = read_certificates(pem);
  std::string selected;
  for (const std::string& name : common_names) {
    const auto found = std::find_if(certificates.begin(), certificates.end(), [&](const CertificateHandle& certificate) {
      return common_name_of(certificate.get()) == name;
    });
    if (found == certificates.end()) return not_found("there is no certificate of " + name);
    const absl::StatusOr<std::string> text = certificate_text(found->get());
    if (!text.ok()) return text.status();
    selected += *text;
  }
  return selected;
}

}  // namespace quorate::pki
