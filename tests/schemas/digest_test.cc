// SPDX-License-Identifier: Apache-2.0
#include "schemas/digest.h"

#include <string>

#include <catch2/catch.hpp>

namespace quorate {
namespace {

// FIPS 180-2, appendix B.2: a message that is longer than a block.
const std::string message = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const std::string expected = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

TEST_CASE("a digest is the standard's, and no byte of it loses its leading zero", "[digest]") {
  CHECK(sha256_hex(message) == expected);
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("wherever bytes are cut in two, their digest is the same", "[digest]") {
  Sha256 whole;
  whole.add(message);
  const std::string once = whole.finish();
  CHECK(once.size() == sha256_bytes);
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    CAPTURE(cut);
    Sha256 parts;
    parts.add(std::string_view(message).substr(0, cut));
    parts.add(std::string_view(message).substr(cut));
    CHECK(parts.finish() == once);
  }
}

}  // namespace
}  // namespace quorate
