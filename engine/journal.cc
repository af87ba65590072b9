// SPDX-License-Identifier: Apache-2.0
#include "engine/journal.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "schemas/json.h"

namespace quorate {
namespace {

absl::Status from_errno(const std::string& what) { return unavailable(what + ": " + std::strerror(errno)); }

bool write_all(int descriptor, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    written += static_cast<std::size_t>(count);
  }
  return true;
}

constexpr off_t room_bytes = 1 << 20;

// Behind the end of the file, whose size stays. File systems that cannot promise room are taken as they are.
bool take_room(int descriptor) {
  const off_t end = ::lseek(descriptor, 0, SEEK_END);
  return ::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, end, room_bytes) == 0 || (errno != ENOSPC && errno != EDQUOT);
}

// To the size that it has: what lies behind the end is given back.
void give_room_back(int descriptor) {
  const off_t end = ::lseek(descriptor, 0, SEEK_END);
  if (end >= 0) static_cast<void>(::ftruncate(descriptor, end));
}

}  // namespace

std::string journal_folder(const std::string& cluster) {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state != '\0') return std::string(state) + "/quorate/" + cluster;
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.local/state/quorate/" + cluster;
}

absl::StatusOr<Journal> Journal::open(const std::string& folder, const std::string& run_id) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return unavailable("making " + folder + ": " + error.message());
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  const std::string path = folder + "/" + run_id + ".jsonl";
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return from_errno("opening " + path);
  Journal journal(descriptor, path);
  if (!take_room(descriptor)) return from_errno("taking room for " + path);
  return journal;
}

Journal::Journal(Journal&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

Journal& Journal::operator=(Journal&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

Journal::~Journal() {
  if (descriptor_ < 0) return;
  give_room_back(descriptor_);
  ::close(descriptor_);
}

absl::Status Journal::append(JournalRecord record) {
  record.set_at_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  if (!write_all(descriptor_, to_json(record, JsonForm::line) + "\n")) return from_errno("writing " + path_);
  if (::fdatasync(descriptor_) != 0) return from_errno("syncing " + path_);
  return absl::OkStatus();
}

}  // namespace quorate
