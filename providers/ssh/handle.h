// SPDX-License-Identifier: Apache-2.0
// Private to this folder: the one header that names libssh's types.
#pragma once

#include <memory>
#include <string>

#include <libssh/libssh.h>

namespace quorate::ssh {

struct SessionDeleter {
  void operator()(ssh_session session) const {
    ssh_disconnect(session);
    ssh_free(session);
  }
};
struct KeyDeleter {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};

/// A libssh session; it is disconnected with this.
using SessionHandle = std::unique_ptr<ssh_session_struct, SessionDeleter>;
/// A key of libssh's.
using KeyHandle = std::unique_ptr<ssh_key_struct, KeyDeleter>;

/// What libssh says of its last failure.
inline std::string error_of(ssh_session session) { return ssh_get_error(session); }

}  // namespace quorate::ssh
