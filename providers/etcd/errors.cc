// SPDX-License-Identifier: Apache-2.0
#include "providers/etcd/errors.h"

#include <array>
#include <string_view>

#include <grpcpp/support/status.h>

namespace quorate::etcd {
namespace {

struct Rule {
  std::string_view text;
  Answer answer;
};

// Tried in this order: the text about a learner's sync holds the other one about learners.
constexpr std::array rules{
    Rule{"request timed out", Answer::unknown},
    Rule{"context deadline exceeded", Answer::unknown},
    Rule{"Peer URLs already exists", Answer::peer_url_exists},
    // An ID is made of the URL and the second, so that this is the same call twice in a second.
    Rule{"member ID already exist", Answer::peer_url_exists},
    Rule{"member not found", Answer::member_not_found},
    Rule{"can only promote a learner member which is in sync", Answer::not_in_sync},
    Rule{"can only promote a learner member", Answer::not_a_learner},
    Rule{"too many learner members", Answer::too_many_learners},
    Rule{"unhealthy cluster", Answer::unhealthy},
    Rule{"not enough started members", Answer::not_enough_started},
    Rule{"etcdserver: not leader", Answer::not_leader},
    Rule{"rpc not supported for learner", Answer::refused},
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// The channel picks a connection before it sends anything, and does not retry: this text means that the pick failed.
bool failed_to_connect(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         status.error_message().rfind("failed to connect to all addresses", 0) == 0;
}

Answer answer_by_code(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::UNIMPLEMENTED: return Answer::refused;
    default: return Answer::unknown;
  }
}

bool timed_out_in_etcd(const std::string& text) {
  return contains(text, "request timed out") || contains(text, "context deadline exceeded");
}

}  // namespace

Answer answer_of(const grpc::Status& status) {
  if (status.ok()) return Answer::done;
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) return Answer::unknown;
  if (failed_to_connect(status)) return Answer::never_sent;
  for (const Rule& rule : rules) {
    if (contains(status.error_message(), rule.text)) return rule.answer;
  }
  return answer_by_code(status.error_code());
}

std::string text_of(const grpc::Status& status) {
  if (!status.error_message().empty()) return status.error_message();
  return "gRPC code " + std::to_string(static_cast<int>(status.error_code())) + " without a text";
}

absl::Status read_error(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = text_of(status);
  if (timed_out_in_etcd(text)) return timed_out(text);
  if (contains(text, "rpc not supported for learner")) return precondition(text);
  switch (status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED: return timed_out(text);
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::ABORTED: return unavailable(text);
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED: return denied(text);
    case grpc::StatusCode::NOT_FOUND: return not_found(text);
    case grpc::StatusCode::INVALID_ARGUMENT: return invalid(text);
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNIMPLEMENTED: return precondition(text);
    case grpc::StatusCode::DATA_LOSS: return corrupt(text);
    default: return internal(text);
  }
}

}  // namespace quorate::etcd
