// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "providers/pki/certificates.h"
#include "providers/pki/pem.h"
#include "schemas/digest.h"

namespace quorate::pki {

bool key_matches(const std::string& certificate_pem, const Secret& key_pem) {
  std::string problem;
  const CertificateHandle certificate = read_certificate(certificate_pem, &problem);
  const KeyHandle key = read_key(key_pem);
  if (certificate == nullptr || key == nullptr) return false;
  const bool matches = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return matches;
}

bool signed_by(const std::string& certificate_pem, const std::string& authority_pem) {
  std::string problem;
  const CertificateHandle certificate = read_certificate(certificate_pem, &problem);
  if (certificate == nullptr) return false;
  const auto signed_it = [&](const CertificateHandle& authority) {
    return X509_check_issued(authority.get(), certificate.get()) == X509_V_OK &&
           X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
  };
  const std::vector<CertificateHandle> authorities = read_certificates(authority_pem);
  const bool found = std::any_of(authorities.begin(), authorities.end(), signed_it);
  ERR_clear_error();
  return found;
}

absl::StatusOr<std::string> public_key_hash(const std::string& certificate_pem) {
  std::string problem;
  const CertificateHandle certificate = read_certificate(certificate_pem, &problem);
  if (certificate == nullptr) return invalid(problem);
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &bytes);
  if (size <= 0) return invalid(take_error());
  const std::string key(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return "sha256:" + sha256_hex(key);
}

}  // namespace quorate::pki
