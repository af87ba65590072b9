// SPDX-License-Identifier: Apache-2.0
#include "providers/pki/certificate_parts.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "providers/pki/owned.h"

namespace quorate::pki {
namespace {

using Output = Owned<BIO, BIO_free_all>;
using Extension = Owned<X509_EXTENSION, X509_EXTENSION_free>;

// Go writes a PrintableString where it can and UTF-8 otherwise; OpenSSL alone would always write UTF-8.
int string_type(const std::string& text) {
  const std::string allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?";
  return text.find_first_not_of(allowed) == std::string::npos ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
}

std::string take_text(BIO* output) {
  std::string text(BIO_ctrl_pending(output), '\0');
  BIO_read(output, text.data(), static_cast<int>(text.size()));
  return text;
}

}  // namespace

bool add_name_entry(X509_NAME* name, int kind, const std::string& text, bool beside_the_last) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const int size = static_cast<int>(text.size());
  return X509_NAME_add_entry_by_NID(name, kind, string_type(text), bytes, size, -1, beside_the_last ? -1 : 0) == 1;
}

// kubeadm's serials are positive and below 2^63.
bool set_serial(X509* certificate) {
  unsigned char bytes[8];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] &= 0x7f;
  bytes[7] |= 1;
  const Owned<BIGNUM, BN_free> number(BN_bin2bn(bytes, sizeof bytes, nullptr));
  return number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool add_extension(X509* certificate, X509* authority, int kind, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, authority, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

absl::StatusOr<std::string> certificate_text(X509* certificate) {
  const Output output(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(output.get(), certificate) != 1) return internal("the certificate cannot be written: " + take_error());
  return take_text(output.get());
}

absl::StatusOr<Issued> written(X509* certificate, EVP_PKEY* key) {
  const absl::StatusOr<std::string> text = certificate_text(certificate);
  if (!text.ok()) return text.status();
  const Output output(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey_traditional(output.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return internal("the key cannot be written: " + take_error());
  }
  return Issued{*text, Secret(take_text(output.get()))};
}

// kubeadm's encryptionAlgorithm is its CAs' too, and nothing else tells of it.
KeyHandle key_like(EVP_PKEY* authority_key) {
  if (EVP_PKEY_get_base_id(authority_key) == EVP_PKEY_RSA) {
    return KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(EVP_PKEY_get_bits(authority_key))));
  }
  char group[64];
  if (EVP_PKEY_get_group_name(authority_key, group, sizeof group, nullptr) != 1) return nullptr;
  return KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group));
}

}  // namespace quorate::pki
