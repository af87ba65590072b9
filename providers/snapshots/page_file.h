// SPDX-License-Identifier: Apache-2.0
// Private to this folder. bbolt's pages (go.etcd.io/bbolt, page.go and db.go): all numbers little-endian.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/status.h"

namespace quorate::snapshots {

using PageNumber = std::uint64_t;

/// What an element of a page says: of a branch the page below, of a leaf a key's value.
struct Element {
  std::string_view key;
  std::string_view value;
  PageNumber below = 0;
  bool bucket = false;
};

/// One page with those that it overflows into, or a bucket's own that is stored inside a value.
class Page {
 public:
  enum class Kind { branch, leaf, other };

  /// `bytes` begin with the page's header. corrupt: they are neither a branch nor a leaf, or an element reaches beyond them.
  static absl::StatusOr<Page> parse(std::string bytes);

  [[nodiscard]] PageNumber number() const { return number_; }
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] std::uint32_t overflow() const { return overflow_; }
  [[nodiscard]] std::size_t size() const { return count_; }
  /// Views into this page.
  [[nodiscard]] Element element(std::size_t index) const;

 private:
  [[nodiscard]] bool holds(std::size_t index) const;

  std::string bytes_;
  PageNumber number_ = 0;
  Kind kind_ = Kind::other;
  std::uint16_t count_ = 0;
  std::uint32_t overflow_ = 0;
};

/// The newest valid one of the two meta pages.
struct Meta {
  std::uint32_t page_size = 0;
  PageNumber root = 0;
  PageNumber pages = 0;  ///< so many are in use, from 0
  std::uint64_t transaction = 0;
};

/// A database file, read page by page, so that its size does not matter.
class PageFile {
 public:
  /// not_found, unavailable: it cannot be read. corrupt: it is no bbolt database, or both meta pages are broken.
  static absl::StatusOr<PageFile> open(const std::string& path);
  PageFile(PageFile&& other) noexcept;
  PageFile& operator=(PageFile&&) = delete;
  ~PageFile();

  [[nodiscard]] const Meta& meta() const { return meta_; }
  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }
  /// The bytes that the database itself takes: bbolt writes so many into a snapshot.
  [[nodiscard]] std::uint64_t database_bytes() const { return meta_.pages * meta_.page_size; }
  /// corrupt: it is not in the file, or says that it is another.
  [[nodiscard]] absl::StatusOr<Page> read(PageNumber number) const;
  /// Up to `size` bytes from there; fewer only at the end of the file.
  [[nodiscard]] absl::StatusOr<std::string> read_bytes(std::uint64_t offset, std::size_t size) const;

 private:
  explicit PageFile(int descriptor) : descriptor_(descriptor) {}
  absl::Status read_meta();

  int descriptor_;
  std::uint64_t file_bytes_ = 0;
  Meta meta_;
};

/// A number at a place in bytes that hold it.
template <typename Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  Number number = 0;
  for (std::size_t i = sizeof(Number); i > 0; --i) {
    number = static_cast<Number>((number << 7U) << 1U) | static_cast<unsigned char>(bytes[offset + i - 1]);
  }
  return number;
}

}  // namespace quorate::snapshots
