// SPDX-License-Identifier: Apache-2.0
#include "schemas/status.h"

namespace quorate {
namespace {

absl::Status make(absl::StatusCode code, const std::string& message) {
  return {code, absl::string_view(message.data(), message.size())};
}

}  // namespace

absl::Status invalid(const std::string& message) { return make(absl::StatusCode::kInvalidArgument, message); }
absl::Status not_found(const std::string& message) { return make(absl::StatusCode::kNotFound, message); }
absl::Status unavailable(const std::string& message) { return make(absl::StatusCode::kUnavailable, message); }
absl::Status timed_out(const std::string& message) { return make(absl::StatusCode::kDeadlineExceeded, message); }
absl::Status denied(const std::string& message) { return make(absl::StatusCode::kPermissionDenied, message); }
absl::Status precondition(const std::string& message) { return make(absl::StatusCode::kFailedPrecondition, message); }
absl::Status corrupt(const std::string& message) { return make(absl::StatusCode::kDataLoss, message); }
absl::Status cancelled(const std::string& message) { return make(absl::StatusCode::kCancelled, message); }
absl::Status internal(const std::string& message) { return make(absl::StatusCode::kInternal, message); }

absl::Status annotate(const absl::Status& status, const std::string& phrase) {
  if (status.ok()) return status;
  return make(status.code(), phrase + ": " + message_of(status));
}

std::string message_of(const absl::Status& status) { return {status.message().data(), status.message().size()}; }

}  // namespace quorate
