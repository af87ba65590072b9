// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace quorate {

/// Bytes that must never be shown: a private key, a token. It has no printer, no comparison and no serializer, so that
/// none can be written by accident; `expose` marks each place that needs the bytes. The memory is overwritten at the
/// end.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&&) = default;
  Secret& operator=(Secret&&) = default;
  ~Secret() { overwrite(); }

  [[nodiscard]] std::string_view expose() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  void overwrite() {
    volatile char* bytes = bytes_.data();
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes[i] = 0;
  }

  std::string bytes_;
};

}  // namespace quorate
