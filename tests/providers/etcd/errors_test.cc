// SPDX-License-Identifier: Apache-2.0
// Texts of etcd that a test cannot provoke at will, and the codes that versions differ in.
#include "providers/etcd/errors.h"

#include <catch2/catch.hpp>
#include <grpcpp/support/status.h>

namespace quorate::etcd {
namespace {

using grpc::StatusCode;

TEST_CASE("answers are told by the text, whatever the code") {
  struct Row {
    StatusCode code;
    std::string text;
    Answer answer;
  };
  const auto row = GENERATE(values<Row>({
      {StatusCode::OK, "", Answer::done},
      {StatusCode::FAILED_PRECONDITION, "etcdserver: Peer URLs already exists", Answer::peer_url_exists},
      {StatusCode::FAILED_PRECONDITION, "etcdserver: member ID already exist", Answer::peer_url_exists},
      {StatusCode::NOT_FOUND, "etcdserver: member not found", Answer::member_not_found},
      {StatusCode::UNAVAILABLE, "etcdserver: unhealthy cluster", Answer::unhealthy},
      {StatusCode::FAILED_PRECONDITION, "etcdserver: too many learner members in cluster", Answer::too_many_learners},
      {StatusCode::UNKNOWN, "etcdserver: re-configuration failed due to not enough started members", Answer::not_enough_started},
      {StatusCode::FAILED_PRECONDITION, "etcdserver: re-configuration failed due to not enough started members",
       Answer::not_enough_started},
      {StatusCode::FAILED_PRECONDITION, "etcdserver: can only promote a learner member", Answer::not_a_learner},
      {StatusCode::FAILED_PRECONDITION, "etcdserver: can only promote a learner member which is in sync with leader",
       Answer::not_in_sync},
      {StatusCode::UNAVAILABLE, "etcdserver: rpc not supported for learner", Answer::refused},
      {StatusCode::FAILED_PRECONDITION, "etcdserver: rpc not supported for learner", Answer::refused},
      {StatusCode::FAILED_PRECONDITION, "etcdserver: not leader", Answer::not_leader},
      {StatusCode::FAILED_PRECONDITION, "etcdserver: bad leader transferee", Answer::refused},
      {StatusCode::UNAVAILABLE, "etcdserver: request timed out", Answer::unknown},
      {StatusCode::UNAVAILABLE, "etcdserver: request timed out, leader transfer took too long", Answer::unknown},
      {StatusCode::UNAVAILABLE, "etcdserver: request timed out, possibly due to previous leader failure", Answer::unknown},
      {StatusCode::UNKNOWN, "context deadline exceeded", Answer::unknown},
      {StatusCode::DEADLINE_EXCEEDED, "context deadline exceeded", Answer::unknown},
      {StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded", Answer::unknown},
      {StatusCode::UNAVAILABLE, "etcdserver: no leader", Answer::unknown},
      {StatusCode::UNAVAILABLE, "etcdserver: leader changed", Answer::unknown},
      {StatusCode::UNAVAILABLE, "Socket closed", Answer::unknown},
      {StatusCode::UNAVAILABLE, "failed to connect to all addresses; last error: ...", Answer::never_sent},
      {StatusCode::UNKNOWN, "failed to connect to all addresses", Answer::unknown},
      {StatusCode::INTERNAL, "anything", Answer::unknown},
      {StatusCode::CANCELLED, "", Answer::unknown},
      {StatusCode::PERMISSION_DENIED, "etcdserver: permission denied", Answer::refused},
      {StatusCode::UNIMPLEMENTED, "unknown service", Answer::refused},
  }));
  INFO(row.text);
  CHECK(answer_of(grpc::Status(row.code, row.text)) == row.answer);
}

TEST_CASE("errors of reads") {
  struct Row {
    StatusCode code;
    std::string text;
    absl::StatusCode expected;
  };
  const auto row = GENERATE(values<Row>({
      {StatusCode::OK, "", absl::StatusCode::kOk},
      {StatusCode::UNAVAILABLE, "etcdserver: request timed out", absl::StatusCode::kDeadlineExceeded},
      {StatusCode::UNKNOWN, "context deadline exceeded", absl::StatusCode::kDeadlineExceeded},
      {StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded", absl::StatusCode::kDeadlineExceeded},
      {StatusCode::UNAVAILABLE, "Socket closed", absl::StatusCode::kUnavailable},
      {StatusCode::UNAVAILABLE, "etcdserver: rpc not supported for learner", absl::StatusCode::kFailedPrecondition},
      {StatusCode::UNAUTHENTICATED, "etcdserver: invalid auth token", absl::StatusCode::kPermissionDenied},
      {StatusCode::INTERNAL, "", absl::StatusCode::kInternal},
  }));
  INFO(row.text);
  const absl::Status error = read_error(grpc::Status(row.code, row.text));
  CHECK(error.code() == row.expected);
  CHECK(error.ok() == message_of(error).empty());
}

}  // namespace
}  // namespace quorate::etcd
