// SPDX-License-Identifier: Apache-2.0
#include "providers/snapshots/snapshot_writer.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <absl/strings/escaping.h>

#include "providers/snapshots/snapshot_file.h"

namespace quorate::snapshots {
namespace {

std::string part_of(const std::string& path) { return path + ".part"; }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void sync_folder(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotWriter>> SnapshotWriter::to_file(const std::string& path, Ends ends) {
  const std::string part = part_of(path);
  const int descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return unavailable(part + ": " + std::strerror(errno));
  return std::unique_ptr<SnapshotWriter>(new SnapshotWriter(descriptor, path, ends));
}

std::unique_ptr<SnapshotWriter> SnapshotWriter::to_descriptor(int descriptor) {
  return std::unique_ptr<SnapshotWriter>(new SnapshotWriter(descriptor, "", Ends::with_trailer));
}

SnapshotWriter::~SnapshotWriter() {
  if (to_pipe()) return;
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!renamed_) ::unlink(part_of(path_).c_str());
}

absl::Status SnapshotWriter::write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unavailable((to_pipe() ? "standard output" : part_of(path_)) + ": " + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status SnapshotWriter::add(std::string_view bytes) {
  const absl::Status written = write_out(bytes);
  if (!written.ok()) return written;
  bytes_ += bytes.size();
  if (bytes.size() >= sha256_bytes) {
    digest_.add(tail_);
    digest_.add(bytes.substr(0, bytes.size() - sha256_bytes));
    tail_ = bytes.substr(bytes.size() - sha256_bytes);
    return absl::OkStatus();
  }
  tail_ += bytes;
  if (tail_.size() > sha256_bytes) {
    digest_.add(std::string_view(tail_).substr(0, tail_.size() - sha256_bytes));
    tail_.erase(0, tail_.size() - sha256_bytes);
  }
  return absl::OkStatus();
}

absl::Status SnapshotWriter::prove() {
  if (ends_ == Ends::unproven) return absl::OkStatus();
  if (ends_ == Ends::without_trailer) {
    digest_.add(tail_);
    sha256_hex_ = absl::BytesToHexString(digest_.finish());
    const absl::StatusOr<FileCheck> check = check_file(part_of(path_));
    if (!check.ok()) return check.status();
    if (check->state != FileState::no_trailer) return corrupt("what came is no sound database: " + check->problem);
    return absl::OkStatus();
  }
  const std::string digest = digest_.finish();
  sha256_hex_ = absl::BytesToHexString(digest);
  if (tail_ != digest) return corrupt("what came is not what etcd sent: its SHA-256 is not the one behind it");
  return absl::OkStatus();
}

absl::Status SnapshotWriter::finish() {
  if (absl::Status proven = prove(); !proven.ok()) return proven;
  return to_pipe() ? absl::OkStatus() : settle();
}

absl::Status SnapshotWriter::settle() {
  const bool synced = ::fsync(descriptor_) == 0;
  const bool closed = ::close(std::exchange(descriptor_, -1)) == 0;
  if (!synced || !closed || ::rename(part_of(path_).c_str(), path_.c_str()) != 0) {
    return unavailable(path_ + ": " + std::strerror(errno));
  }
  renamed_ = true;
  sync_folder(path_);
  return absl::OkStatus();
}

}  // namespace quorate::snapshots
