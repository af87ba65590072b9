// SPDX-License-Identifier: Apache-2.0
#include "engine/files.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

namespace quorate {

absl::StatusOr<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_found(path + ": " + std::strerror(errno));
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return unavailable(path + ": " + std::strerror(errno));
  return text.str();
}

absl::Status write_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".part";
  const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return unavailable(beside + ": " + std::strerror(errno));
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  const bool whole = written == text.size() && ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!whole || ::rename(beside.c_str(), path.c_str()) != 0) return unavailable(path + ": " + std::strerror(errno));
  return absl::OkStatus();
}

}  // namespace quorate
