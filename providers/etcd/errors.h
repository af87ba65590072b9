// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/status.h"

namespace grpc {
class Status;
}

namespace quorate::etcd {

/// What the end of a call says, told by etcd's text: its codes differ between versions.
enum class Answer {
  done,
  peer_url_exists,
  member_not_found,
  not_in_sync,  ///< a learner that is behind, or a voter that is down
  not_a_learner,
  too_many_learners,
  unhealthy,  ///< some member was not connected for five seconds
  not_enough_started,
  not_leader,
  never_sent,  ///< no connection was made, so etcd cannot have seen it
  refused,     ///< for good, by a text without a rule of its own
  unknown,
};

Answer answer_of(const grpc::Status& status);

/// etcd's or gRPC's text.
std::string text_of(const grpc::Status& status);

/// The error of a call that only reads. OK stays OK.
absl::Status read_error(const grpc::Status& status);

}  // namespace quorate::etcd
