// SPDX-License-Identifier: Apache-2.0
#include "providers/snapshots/page_file.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quorate::snapshots {
namespace {

constexpr std::size_t header_bytes = 16;  // number 8, flags 2, count 2, overflow 4
constexpr std::size_t element_bytes = 16;
constexpr std::uint16_t branch_flag = 0x01;
constexpr std::uint16_t leaf_flag = 0x02;
constexpr std::uint16_t meta_flag = 0x04;
constexpr std::uint32_t bucket_flag = 0x01;

constexpr std::uint32_t magic = 0xED0CDAED;
constexpr std::uint32_t version = 2;
constexpr std::size_t meta_bytes = 64;  // of which the last eight are the checksum
constexpr std::uint32_t overflow_limit = 1U << 20U;
constexpr std::uint32_t page_sizes[] = {4096, 8192, 16384, 65536, 1024, 2048, 32768};

// FNV-1a of 64 bits, as bbolt's meta has it.
std::uint64_t checksum_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return hash;
}

std::optional<Meta> parse_meta(std::string_view page) {
  if (page.size() < header_bytes + meta_bytes || number_at<std::uint16_t>(page, 8) != meta_flag) return std::nullopt;
  const std::string_view meta = page.substr(header_bytes, meta_bytes);
  if (number_at<std::uint32_t>(meta, 0) != magic || number_at<std::uint32_t>(meta, 4) != version) return std::nullopt;
  if (number_at<std::uint64_t>(meta, 56) != checksum_of(meta.substr(0, 56))) return std::nullopt;
  return Meta{.page_size = number_at<std::uint32_t>(meta, 8),
              .root = number_at<std::uint64_t>(meta, 16),
              .pages = number_at<std::uint64_t>(meta, 40),
              .transaction = number_at<std::uint64_t>(meta, 48)};
}

std::string name_of(PageNumber number) { return "page " + std::to_string(number); }

}  // namespace

absl::StatusOr<Page> Page::parse(std::string bytes) {
  if (bytes.size() < header_bytes) return corrupt("a page is cut off");
  Page page;
  page.bytes_ = std::move(bytes);
  page.number_ = number_at<std::uint64_t>(page.bytes_, 0);
  const auto flags = number_at<std::uint16_t>(page.bytes_, 8);
  if (flags == branch_flag) page.kind_ = Kind::branch;
  if (flags == leaf_flag) page.kind_ = Kind::leaf;
  page.count_ = number_at<std::uint16_t>(page.bytes_, 10);
  page.overflow_ = number_at<std::uint32_t>(page.bytes_, 12);
  if (page.kind_ == Kind::other) return corrupt(name_of(page.number_) + " is neither a branch nor a leaf");
  for (std::size_t i = 0; i < page.count_; ++i) {
    if (!page.holds(i)) return corrupt(name_of(page.number_) + " has an element that reaches beyond it");
  }
  return page;
}

bool Page::holds(std::size_t index) const {
  const std::uint64_t at = header_bytes + index * element_bytes;
  if (at + element_bytes > bytes_.size()) return false;
  const bool branch = kind_ == Kind::branch;
  const std::uint64_t position = number_at<std::uint32_t>(bytes_, at + (branch ? 0 : 4));
  const std::uint64_t key = number_at<std::uint32_t>(bytes_, at + (branch ? 4 : 8));
  const std::uint64_t value = branch ? 0 : number_at<std::uint32_t>(bytes_, at + 12);
  return at + position + key + value <= bytes_.size();
}

Element Page::element(std::size_t index) const {
  Element element;
  const std::size_t at = header_bytes + index * element_bytes;
  const std::string_view bytes = bytes_;
  if (kind_ == Kind::branch) {
    element.key = bytes.substr(at + number_at<std::uint32_t>(bytes, at), number_at<std::uint32_t>(bytes, at + 4));
    element.below = number_at<std::uint64_t>(bytes, at + 8);
    return element;
  }
  const std::size_t key_at = at + number_at<std::uint32_t>(bytes, at + 4);
  const auto key_bytes = number_at<std::uint32_t>(bytes, at + 8);
  element.bucket = (number_at<std::uint32_t>(bytes, at) & bucket_flag) != 0;
  element.key = bytes.substr(key_at, key_bytes);
  element.value = bytes.substr(key_at + key_bytes, number_at<std::uint32_t>(bytes, at + 12));
  return element;
}

PageFile::PageFile(PageFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), file_bytes_(other.file_bytes_), meta_(other.meta_) {}

PageFile::~PageFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

absl::StatusOr<PageFile> PageFile::open(const std::string& path) {
  PageFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.descriptor_ < 0) return errno == ENOENT ? not_found("there is no such file") : unavailable(std::strerror(errno));
  struct stat status {};
  if (::fstat(file.descriptor_, &status) != 0) return unavailable(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return invalid("it is no file");
  file.file_bytes_ = static_cast<std::uint64_t>(status.st_size);
  const absl::Status read = file.read_meta();
  if (!read.ok()) return read;
  return file;
}

// Page 0 tells the size of a page; where it is broken, page 1 is looked for at every size that bbolt uses.
absl::Status PageFile::read_meta() {
  std::optional<Meta> newest;
  std::vector<std::uint64_t> places = {0};
  places.insert(places.end(), std::begin(page_sizes), std::end(page_sizes));
  for (const std::uint64_t place : places) {
    const absl::StatusOr<std::string> bytes = read_bytes(place, header_bytes + meta_bytes);
    if (!bytes.ok()) return bytes.status();
    const std::optional<Meta> meta = parse_meta(*bytes);
    if (!meta || (place != 0 && meta->page_size != place)) continue;
    if (!newest || meta->transaction > newest->transaction) newest = meta;
  }
  if (!newest) return corrupt("it is no bbolt database: neither of its two meta pages can be read");
  if (newest->page_size < 512 || newest->page_size > 65536 || newest->pages < 3 || newest->pages > (1ULL << 40U)) {
    return corrupt("its meta page says what cannot be");
  }
  meta_ = *newest;
  return absl::OkStatus();
}

absl::StatusOr<std::string> PageFile::read_bytes(std::uint64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::pread(descriptor_, bytes.data() + filled, size - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unavailable(std::string("reading: ") + std::strerror(errno));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

absl::StatusOr<Page> PageFile::read(PageNumber number) const {
  if (number < 2 || number >= meta_.pages) return corrupt(name_of(number) + " is none of its " + std::to_string(meta_.pages));
  const std::uint64_t offset = number * meta_.page_size;
  absl::StatusOr<std::string> bytes = read_bytes(offset, meta_.page_size);
  if (!bytes.ok()) return bytes.status();
  if (bytes->size() < meta_.page_size) return corrupt(name_of(number) + " is cut off");
  const auto overflow = number_at<std::uint32_t>(*bytes, 12);
  if (overflow > overflow_limit || number + overflow >= meta_.pages) {
    return corrupt(name_of(number) + " overflows into what is not there");
  }
  if (overflow > 0) {
    bytes = read_bytes(offset, (std::size_t{overflow} + 1) * meta_.page_size);
    if (!bytes.ok()) return bytes.status();
    if (bytes->size() < (std::size_t{overflow} + 1) * meta_.page_size) return corrupt(name_of(number) + " is cut off");
  }
  absl::StatusOr<Page> page = Page::parse(*std::move(bytes));
  if (page.ok() && page->number() != number) return corrupt(name_of(number) + " says that it is " + name_of(page->number()));
  return page;
}

}  // namespace quorate::snapshots
