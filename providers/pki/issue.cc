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

bool set_subject(X509* certificate, const Request& request) {
  X509_NAME* name = X509_get_subject_name(certificate);
  bool first = true;
  for (const std::string& organization : request.organizations) {
    // Go puts all organizations into one set.
    if (!add_name_entry(name, NID_organizationName, organization, !first)) return false;
    first = false;
  }
  return add_name_entry(name, NID_commonName, request.common_name, false);
}

bool set_dates(X509* certificate, const X509* authority, const Request& request, std::chrono::system_clock::time_point now) {
  if (X509_set1_notBefore(certificate, X509_get0_notBefore(authority)) != 1) return false;
  const std::time_t wanted = std::chrono::system_clock::to_time_t(now) + request.validity.count();
  if (wanted >= unix_seconds(X509_get0_notAfter(authority))) {
    return X509_set1_notAfter(certificate, X509_get0_notAfter(authority)) == 1;
  }
  return ASN1_TIME_set(X509_getm_notAfter(certificate), wanted) != nullptr;
}

GENERAL_NAME* alternative_name(const std::string& text) {
  const bool address = text.rfind("IP:", 0) == 0;
  if (!address && text.rfind("DNS:", 0) != 0) return nullptr;
  const std::string value = text.substr(address ? 3 : 4);
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (value.empty() || !plain) return nullptr;
  return a2i_GENERAL_NAME(nullptr, nullptr, nullptr, address ? GEN_IPADD : GEN_DNS, value.c_str(), 0);
}

absl::Status add_alternative_names(X509* certificate, const std::vector<std::string>& texts) {
  if (texts.empty()) return absl::OkStatus();
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(GENERAL_NAMES_new());
  for (const std::string& text : texts) {
    GENERAL_NAME* name = alternative_name(text);
    if (name == nullptr) return invalid("`" + text + "` is neither DNS:name nor IP:address");
    sk_GENERAL_NAME_push(names.get(), name);
  }
  const int added = X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND);
  return added == 1 ? absl::OkStatus() : internal("the alternative names cannot be added: " + take_error());
}

bool add_usages(X509* certificate, X509* authority, Usage usage) {
  const char* purposes = usage == Usage::client ? "clientAuth" : "serverAuth,clientAuth";
  return add_extension(certificate, authority, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
         add_extension(certificate, authority, NID_ext_key_usage, purposes) &&
         add_extension(certificate, authority, NID_basic_constraints, "critical,CA:FALSE") &&
         // Go leaves it out where the authority names no key.
         (X509_get0_subject_key_id(authority) == nullptr ||
          add_extension(certificate, authority, NID_authority_key_identifier, "keyid"));
}

}  // namespace

absl::StatusOr<Issued> issue(const Request& request, const std::string& authority_pem, const Secret& authority_key_pem,
                             std::chrono::system_clock::time_point now) {
  std::string problem;
  const CertificateHandle authority = read_certificate(authority_pem, &problem);
  if (authority == nullptr) return invalid("the authority's certificate cannot be read: " + problem);
  const KeyHandle authority_key = read_key(authority_key_pem);
  if (authority_key == nullptr) return invalid("the authority's key cannot be read");
  if (X509_check_private_key(authority.get(), authority_key.get()) != 1) {
    ERR_clear_error();
    return invalid("the authority's key does not belong to its certificate");
  }
  if (request.common_name.empty()) return invalid("a certificate needs a common name");

  const KeyHandle key = key_like(authority_key.get());
  const CertificateHandle certificate(X509_new());
  const bool begun = key != nullptr && certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                     set_serial(certificate.get()) && set_subject(certificate.get(), request) &&
                     X509_set_issuer_name(certificate.get(), X509_get_subject_name(authority.get())) == 1 &&
                     set_dates(certificate.get(), authority.get(), request, now) &&
                     X509_set_pubkey(certificate.get(), key.get()) == 1 &&
                     add_usages(certificate.get(), authority.get(), request.usage);
  if (!begun) return internal("the certificate cannot be made: " + take_error());
  const absl::Status named = add_alternative_names(certificate.get(), request.sans);
  if (!named.ok()) return named;
  if (X509_sign(certificate.get(), authority_key.get(), EVP_sha256()) == 0) {
    return internal("the certificate cannot be signed: " + take_error());
  }
  return written(certificate.get(), key.get());
}

}  // namespace quorate::pki
