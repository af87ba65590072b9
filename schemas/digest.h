// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace quorate {

inline constexpr std::size_t sha256_bytes = 32;

/// SHA-256 of bytes that come in parts.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void add(std::string_view bytes);
  /// The 32 bytes; nothing can be added any more.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// The 20 bytes of a SHA-1: for etcd's own IDs, and for nothing that must be safe.
std::string sha1(std::string_view bytes);

/// SHA-256 as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace quorate
