// SPDX-License-Identifier: Apache-2.0
#include "plans/image_version.h"

#include <cstdio>

namespace quorate {

std::optional<EtcdVersion> version_of_image(const std::string& image) {
  const std::string tag = image.substr(image.rfind(':') + 1);
  EtcdVersion version;
  const char* digits = tag.c_str() + (tag.rfind('v', 0) == 0 ? 1 : 0);
  if (std::sscanf(digits, "%d.%d.%d", &version.major, &version.minor, &version.patch) != 3) return std::nullopt;
  return version;
}

std::string text_of(const EtcdVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch);
}

}  // namespace quorate
