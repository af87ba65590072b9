// SPDX-License-Identifier: Apache-2.0
#include "providers/ssh/base64.h"

#include <cstddef>

#include <openssl/evp.h>

namespace quorate::ssh {

std::string decode_base64(const std::string& text) {
  std::string bytes(text.size() + 3, '\0');
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  const int size = EVP_DecodeBlock(out, in, static_cast<int>(text.size()));
  if (size < 0) return "";
  bytes.resize(static_cast<std::size_t>(size));
  // The decoder counts the padding as bytes.
  for (auto last = text.rbegin(); last != text.rend() && *last == '=' && !bytes.empty(); ++last) bytes.pop_back();
  return bytes;
}

}  // namespace quorate::ssh
