// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace quorate::pki {

/// Frees with OpenSSL's own function of the type.
template <auto release>
struct Release {
  template <typename Object>
  void operator()(Object* object) const {
    release(object);
  }
};

/// An object of OpenSSL's with one owner.
template <typename Object, auto release>
using Owned = std::unique_ptr<Object, Release<release>>;

}  // namespace quorate::pki
