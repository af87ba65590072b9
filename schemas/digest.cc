// SPDX-License-Identifier: Apache-2.0
#include "schemas/digest.h"

#include <absl/strings/escaping.h>
#include <openssl/evp.h>

namespace quorate {

struct Sha256::Context {
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { EVP_DigestInit_ex(context_->digest, EVP_sha256(), nullptr); }

Sha256::~Sha256() { EVP_MD_CTX_free(context_->digest); }

void Sha256::add(std::string_view bytes) { EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size()); }

std::string Sha256::finish() {
  std::string digest(sha256_bytes, '\0');
  EVP_DigestFinal_ex(context_->digest, reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

std::string sha1(std::string_view bytes) {
  std::string digest(static_cast<std::size_t>(EVP_MD_size(EVP_sha1())), '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha1(), nullptr);
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return absl::BytesToHexString(digest.finish());
}

}  // namespace quorate
