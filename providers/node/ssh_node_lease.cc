// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "providers/node/ssh_node_class.h"
#include "providers/node/text.h"
#include "schemas/json.h"

namespace quorate::node {
namespace {

LeaseResult failed(const std::string& detail) { return {LeaseResult::Kind::failed, {}, detail}; }

std::optional<LeaseResult::Kind> kind_of(const std::string& word) {
  if (word == "taken") return LeaseResult::Kind::taken;
  if (word == "held") return LeaseResult::Kind::held;
  if (word == "unseen") return LeaseResult::Kind::unseen;
  return std::nullopt;
}

// `taken AGE`, `held AGE` or `unseen AGE`, then the record that was there before.
LeaseResult read_answer(const std::string& node, const std::string& output) {
  const std::size_t newline = output.find('\n');
  const std::string first = output.substr(0, newline);
  const std::size_t space = first.find(' ');
  const std::optional<LeaseResult::Kind> kind = kind_of(first.substr(0, space));
  if (newline == std::string::npos || space == std::string::npos || !kind) {
    return failed(node + " gave an answer that cannot be understood: " + quote_line(output));
  }
  LeaseResult result;
  result.kind = *kind;
  const std::string record = output.substr(newline + 1);
  if (record.find_first_not_of('\n') == std::string::npos) return result;
  if (const absl::Status status = from_json(record, &result.holder); !status.ok()) {
    result.detail = "the record of the run before on " + node + " cannot be read: " + message_of(status);
    return result;
  }
  const bool future = first.substr(space + 1, 1) == "-";
  const auto age = static_cast<std::int64_t>(to_number(first.substr(space + (future ? 2 : 1))).value_or(0));
  result.holder.set_lease_age_seconds(future ? -age : age);
  if (result.kind != LeaseResult::Kind::taken) result.detail = node + " is held by run " + result.holder.run_id();
  return result;
}

}  // namespace

LeaseResult SshNode::take_lease(const RunRecord& record, const Claim& claim, Deadline deadline) {
  if (!is_run_id(record.run_id())) return failed("\"" + quote_line(record.run_id()) + "\" cannot be the ID of a run");
  RunRecord written = record;
  written.clear_lease_age_seconds();
  const std::string text = to_json(written, JsonForm::pretty);
  std::vector<std::string> arguments{claim.dead_lease, std::to_string(text.size())};
  arguments.insert(arguments.end(), claim.seen_runs.begin(), claim.seen_runs.end());
  const absl::StatusOr<ssh::CommandResult> result =
      script_.call(scripts::Change::take_lease, record.run_id(), arguments, {.text = text}, deadline);
  if (!result.ok()) return failed(name_ + ": " + message_of(result.status()));
  if (result->exit_status != 0) {
    const std::string said = result->output.empty() ? result->error_output : result->output;
    return failed(name_ + ": " + quote_line(said));
  }
  return read_answer(name_, result->output);
}

// Not behind the lock of changes: a long command's lease is renewed while it runs.
Outcome SshNode::renew_lease(const Lease& lease, Deadline deadline) {
  return script_.change(scripts::Change::renew_lease, lease.run_id, {}, {}, deadline);
}

Outcome SshNode::release_lease(const Lease& lease, const RunEnded& ended, Deadline deadline) {
  if (!ended.begun_as.empty() && !is_run_id(ended.begun_as)) {
    return Outcome::not_done("\"" + quote_line(ended.begun_as) + "\" cannot be the ID of a run");
  }
  return change_alone(scripts::Change::release_lease, lease, {ended.begun_as, ended.undone ? "undone" : "done"}, {}, deadline);
}

Outcome SshNode::expire_lease(const std::string& run_id, Deadline deadline) {
  return script_.change(scripts::Change::expire_lease, run_id, {}, {}, deadline);
}

}  // namespace quorate::node
