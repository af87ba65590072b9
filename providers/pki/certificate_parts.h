// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <openssl/types.h>

#include "providers/pki/certificates.h"
#include "providers/pki/pem.h"

namespace quorate::pki {

/// An entry of a name, as Go writes it; beside the last one: into the same set.
bool add_name_entry(X509_NAME* name, int kind, const std::string& text, bool beside_the_last);

/// kubeadm's serials are random, positive and below 2^63.
bool set_serial(X509* certificate);

/// By OpenSSL's own text for that extension: `critical,CA:FALSE`.
bool add_extension(X509* certificate, X509* authority, int kind, const char* value);

/// A new key of the same kind and size; none where that cannot be made.
KeyHandle key_like(EVP_PKEY* other);

/// A certificate as PEM. internal: OpenSSL cannot write it.
absl::StatusOr<std::string> certificate_text(X509* certificate);

/// Both as PEM. internal: OpenSSL cannot write them.
absl::StatusOr<Issued> written(X509* certificate, EVP_PKEY* key);

}  // namespace quorate::pki
