// SPDX-License-Identifier: Apache-2.0
#include <openssl/rand.h>

#include "providers/pki/certificates.h"
#include "providers/pki/pem.h"

namespace quorate::pki {

absl::StatusOr<Secret> random_word(std::size_t length, std::string_view letters) {
  // What is left over of 256 values would make the first letters likelier than others.
  const std::size_t even = 256 - 256 % letters.size();
  std::string word;
  while (word.size() < length) {
    unsigned char byte = 0;
    if (RAND_bytes(&byte, 1) != 1) return unavailable(take_error());
    if (byte < even) word += letters[byte % letters.size()];
  }
  return Secret(std::move(word));
}

}  // namespace quorate::pki
