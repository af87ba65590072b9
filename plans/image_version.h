// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>

namespace quorate {

struct EtcdVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;

  auto operator<=>(const EtcdVersion&) const = default;
};

/// The version of etcd in an image, by its tag: `3.5.16-0` is Kubernetes' tag, `v3.5.16` etcd's own. Nothing: the tag is none.
std::optional<EtcdVersion> version_of_image(const std::string& image);

std::string text_of(const EtcdVersion& version);

}  // namespace quorate
