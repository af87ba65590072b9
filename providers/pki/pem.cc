// SPDX-License-Identifier: Apache-2.0
#include "providers/pki/pem.h"

#include <ctime>
#include <limits>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "providers/pki/owned.h"

namespace quorate::pki {
namespace {

using Bytes = Owned<BIO, BIO_free_all>;

Bytes open_text(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return nullptr;
  return Bytes(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL's default would ask at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) { return -1; }

}  // namespace

void FreeHandle::operator()(x509_st* certificate) const { X509_free(certificate); }
void FreeHandle::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::vector<CertificateHandle> read_certificates(const std::string& pem) {
  std::vector<CertificateHandle> certificates;
  const Bytes text = open_text(pem);
  while (text != nullptr) {
    CertificateHandle certificate(PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr));
    if (certificate == nullptr) break;
    certificates.push_back(std::move(certificate));
  }
  ERR_clear_error();
  return certificates;
}

CertificateHandle read_certificate(const std::string& pem, std::string* problem) {
  ERR_clear_error();
  const Bytes text = open_text(pem);
  CertificateHandle certificate(text == nullptr ? nullptr : PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr));
  if (certificate == nullptr) {
    const bool nothing_there = ERR_GET_REASON(ERR_peek_error()) == PEM_R_NO_START_LINE;
    const std::string reason = take_error();
    *problem = nothing_there ? "there is no PEM certificate in it" : "the certificate is damaged: " + reason;
  }
  return certificate;
}

KeyHandle read_key(const Secret& pem) {
  const Bytes text = open_text(pem.expose());
  KeyHandle key(text == nullptr ? nullptr : PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return key;
}

std::string take_error() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(error);
  return reason == nullptr ? "no reason given" : reason;
}

long long unix_seconds(const asn1_string_st* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return 0;
  return timegm(&fields);
}

}  // namespace quorate::pki
