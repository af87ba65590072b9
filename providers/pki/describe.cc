// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

#include <arpa/inet.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "providers/pki/certificates.h"
#include "providers/pki/owned.h"
#include "providers/pki/pem.h"
#include "schemas/digest.h"

namespace quorate::pki {
namespace {

// A record holds UTF-8 only, and a certificate may hold any byte.
std::string printable(const unsigned char* bytes, int size) {
  std::string text;
  for (int i = 0; i < size; ++i) {
    if (bytes[i] >= 0x20 && bytes[i] < 0x7f) {
      text += static_cast<char>(bytes[i]);
    } else {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", bytes[i]);
      text += escaped;
    }
  }
  return text;
}

std::string printable(const ASN1_STRING* value) { return printable(ASN1_STRING_get0_data(value), ASN1_STRING_length(value)); }

std::string whole_name(const X509_NAME* name) {
  const Owned<BIO, BIO_free_all> text(BIO_new(BIO_s_mem()));
  // RFC 2253 escapes what is not ASCII.
  if (text == nullptr || X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253) < 0) return "";
  std::vector<unsigned char> bytes(BIO_ctrl_pending(text.get()));
  const int size = BIO_read(text.get(), bytes.data(), static_cast<int>(bytes.size()));
  return printable(bytes.data(), size);
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(address) != 16) return printable(address);
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text) == nullptr ? "" : text;
}

std::string alternative_name_text(const GENERAL_NAME* name) {
  switch (name->type) {
    case GEN_DNS: return "DNS:" + printable(name->d.dNSName);
    case GEN_IPADD: return "IP:" + address_text(name->d.iPAddress);
    case GEN_URI: return "URI:" + printable(name->d.uniformResourceIdentifier);
    case GEN_EMAIL: return "email:" + printable(name->d.rfc822Name);
    default: return "other";
  }
}

std::vector<std::string> alternative_names(X509* certificate) {
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> texts;
  if (names == nullptr) return texts;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    texts.push_back(alternative_name_text(sk_GENERAL_NAME_value(names.get(), i)));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

// What etcd's certificates are for (etcd-facts 5.3).
std::vector<std::string> usages_of(X509* certificate) {
  if (X509_get_ext_by_NID(certificate, NID_ext_key_usage, -1) < 0) return {"any"};
  const std::uint32_t usages = X509_get_extended_key_usage(certificate);
  if ((usages & XKU_ANYEKU) != 0) return {"any"};
  std::vector<std::string> words;
  if ((usages & XKU_SSL_SERVER) != 0) words.emplace_back("server");
  if ((usages & XKU_SSL_CLIENT) != 0) words.emplace_back("client");
  return words.empty() ? std::vector<std::string>{"other"} : words;
}

std::string serial_text(const X509* certificate) {
  const Owned<BIGNUM, BN_free> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (number == nullptr) return "";
  char* digits = BN_bn2hex(number.get());
  if (digits == nullptr) return "";
  std::string text = digits;
  OPENSSL_free(digits);
  for (char& digit : text) digit = static_cast<char>(std::tolower(static_cast<unsigned char>(digit)));
  return text;
}

std::string fingerprint_text(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size < 0) return "";
  std::string encoded(bytes, bytes + size);
  OPENSSL_free(bytes);
  return sha256_hex(encoded);
}

}  // namespace

std::string name_text(const X509_name_st* name) {
  const int place = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (place < 0) return whole_name(name);
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place));
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, value);
  if (size < 0) return printable(value);
  std::string text(bytes, bytes + size);
  OPENSSL_free(bytes);
  return text;
}

Certificate describe_certificate(x509_st* certificate) {
  Certificate record;
  record.set_present(true);
  record.set_subject(name_text(X509_get_subject_name(certificate)));
  for (std::string& name : alternative_names(certificate)) record.add_sans(std::move(name));
  record.set_issuer(name_text(X509_get_issuer_name(certificate)));
  record.set_serial(serial_text(certificate));
  record.set_not_before_seconds(unix_seconds(X509_get0_notBefore(certificate)));
  record.set_not_after_seconds(unix_seconds(X509_get0_notAfter(certificate)));
  record.set_fingerprint(fingerprint_text(certificate));
  for (std::string& usage : usages_of(certificate)) record.add_usages(std::move(usage));
  ERR_clear_error();
  return record;
}

Certificate describe(const std::string& pem) {
  std::string problem;
  const CertificateHandle certificate = read_certificate(pem, &problem);
  if (certificate != nullptr) return describe_certificate(certificate.get());
  Certificate record;
  record.set_present(!pem.empty());
  record.set_problem(problem);
  return record;
}

}  // namespace quorate::pki
