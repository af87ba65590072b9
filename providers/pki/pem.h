// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schemas/observation.pb.h"
#include "schemas/secret.h"

// OpenSSL's own names for X509 and EVP_PKEY, so that its headers stay in the .cc files.
struct x509_st;
struct evp_pkey_st;
struct asn1_string_st;
struct X509_name_st;

namespace quorate::pki {

struct FreeHandle {
  void operator()(x509_st* certificate) const;
  void operator()(evp_pkey_st* key) const;
};
using CertificateHandle = std::unique_ptr<x509_st, FreeHandle>;
using KeyHandle = std::unique_ptr<evp_pkey_st, FreeHandle>;

/// The certificates of a PEM text, in order, up to the first damaged one.
std::vector<CertificateHandle> read_certificates(const std::string& pem);

/// The first certificate; none: `problem` says why.
CertificateHandle read_certificate(const std::string& pem, std::string* problem);

/// A private key without a passphrase, or none. Nobody is ever asked for a passphrase.
KeyHandle read_key(const Secret& pem);

/// OpenSSL's oldest pending error as a phrase; forgets all of them.
std::string take_error();

/// An ASN.1 time as Unix seconds.
long long unix_seconds(const asn1_string_st* time);

/// The common name; the whole name where there is none.
std::string name_text(const X509_name_st* name);

/// The record of a certificate that has been read.
Certificate describe_certificate(x509_st* certificate);

}  // namespace quorate::pki
