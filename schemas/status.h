// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate {

// Debian's Abseil has a string_view of its own, so errors are made from std::string here and nowhere else.

/// The caller's or the user's mistake: bad text, a bad value.
absl::Status invalid(const std::string& message);
/// What was asked for is not there.
absl::Status not_found(const std::string& message);
/// It could not be reached, or broke off; trying again may help.
absl::Status unavailable(const std::string& message);
/// Not answered within the deadline.
absl::Status timed_out(const std::string& message);
/// Refused: a permission, a host key, a password that is asked for.
absl::Status denied(const std::string& message);
/// The state of things does not allow it.
absl::Status precondition(const std::string& message);
/// Bytes that are not what they should be.
absl::Status corrupt(const std::string& message);
/// The person asked for an end.
absl::Status cancelled(const std::string& message);
/// A bug of ours, or of a library.
absl::Status internal(const std::string& message);

/// The same status with `phrase` ("reading cluster.yaml") put before its message: once a layer.
absl::Status annotate(const absl::Status& status, const std::string& phrase);

/// The message as a std::string.
std::string message_of(const absl::Status& status);

}  // namespace quorate
